"""What people read: value beside raw counts, and the gap."""
