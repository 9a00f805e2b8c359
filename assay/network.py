"""Writes the nftables rules of a gateway that leads its clients' web traffic through `assay proxy --mode transparent`.

Leaves out forwarding and masquerading, which are the gateway's own affair, and loading: `nft -f -` reads the rules.
"""

from collections.abc import Sequence

TABLE = "assay"  # of our own: the machine's other rules stay as they are
WEB_PORTS = (80, 443)

RULES = """\
# Leads what comes in by {interface} for the web through Assay, which listens on port {port} of this machine.
# Load:   assay network rules ... | nft -f -     again at any time: it replaces what was loaded
# Remove: nft delete table inet {table}          traffic then passes by Assay
table inet {table}
delete table inet {table}
table inet {table} {{
	chain lead {{
		type nat hook prerouting priority dstnat; policy accept;
		# What is meant for this machine itself stays where it goes.
		iifname "{interface}" fib daddr type != local tcp dport {{ {ports} }} redirect to :{port}
	}}
	chain guard {{
		type filter hook input priority filter; policy accept;
		# A connection that was not led here would make Assay connect to itself.
		tcp dport {port} ct status & dnat == 0 reject with tcp reset
	}}
{quic}}}
"""

NO_QUIC = """\
	chain quic {{
		type filter hook forward priority filter; policy accept;
		# Refused at once, so that clients fall back to TCP, which Assay can read.
		iifname "{interface}" udp dport {{ {ports} }} reject
	}}
"""


def rules(interface: str, port: int, ports: Sequence[int] = WEB_PORTS, quic: bool = False) -> str:
    """Write the rules, for `nft -f -`.

    `interface` is where clients come in and nothing else is touched; `port` is where Assay listens; `ports` are those
    led to it. QUIC to them is refused, unless `quic`: it then passes unseen.
    """
    led = ", ".join(str(each) for each in ports)
    return RULES.format(
        interface=interface,
        port=port,
        ports=led,
        table=TABLE,
        quic="" if quic else NO_QUIC.format(interface=interface, ports=led),
    )
