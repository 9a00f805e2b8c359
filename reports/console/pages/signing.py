"""Signing in with an account, and out."""

from datasette import Response

from reports.console.gate import COOKIE
from reports.console.sessions import SESSION_SECONDS
from reports.console.visits import Visit

WRONG = "The name or the password is wrong."
WAIT = "That was tried too often: wait five minutes."


async def sign_in(visit: Visit) -> Response:
    """Ask for name and password, and begin a session."""
    accounts = visit.console.admission.accounts
    if not accounts:
        return await visit.refuse(404, "This console has no accounts to sign in with.")
    if visit.request.method != "POST":
        return await visit.page("sign_in.html", to=visit.argument("to") or "/", said=None)
    form = await visit.request.post_vars()
    name, password, to = (form.get(field, "") for field in ("name", "password", "to"))
    name, peer = name.strip().lower()[:200], (visit.request.scope.get("client") or [""])[0]
    passwords = visit.console.passwords
    if passwords.tried_too_often(name, peer):
        return await visit.page("sign_in.html", 429, to=to, said=WAIT)
    if len(password) > 1000 or not await passwords.right(name, password, peer):
        return await visit.page("sign_in.html", 403, to=to, said=WRONG)
    response = Response.redirect(_safe(visit, name, to))
    response.status = 303
    response.set_cookie(
        COOKIE, visit.console.sessions.issue(name), max_age=SESSION_SECONDS, httponly=True, samesite="lax"
    )
    return response


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    if visit.request.method != "POST":
        return Response.redirect("/")
    response = Response.redirect("/sign-in")
    response.status = 303
    response.set_cookie(COOKIE, "", max_age=0, httponly=True, samesite="lax")
    return response


def _safe(visit: Visit, name: str, to: str) -> str:
    """Lead back to one of our pages that the reader may open, and nowhere else."""
    role = visit.console.admission.reader(name).role
    allowed = visit.console.allowed(role)
    return to if any(pattern.fullmatch(to) for pattern in allowed) else "/"
