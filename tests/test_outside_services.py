"""Mail and signing in through others, as an operator configures them, over real connections."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import new_context, sign_in, watched_page
from tests.outside import (
    CLIENT,
    HOSTS,
    SECRET,
    Certificate,
    MailServer,
    Providers,
    serving,
)
from tests.stack import embedded

pytestmark = pytest.mark.browser

NEW_PASSWORD = "another horse battery"


@dataclass
class Outside:
    address: str
    mail: MailServer
    proxy: str


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The product with a mail server and both providers, by the settings of docs/operators.md."""
    folder = tmp_path_factory.mktemp("outside")
    certificate = Certificate.of(["localhost", *HOSTS], folder)
    mail = MailServer(certificate, "faces@example.org", "pass:word/1")
    providers = Providers(certificate)
    with serving(mail) as mail_port, serving(providers) as proxy_port:
        proxy = f"http://127.0.0.1:{proxy_port}"
        changes = {
            "EMAIL_URL": f"submission://faces%40example.org:pass%3Aword%2F1@localhost:{mail_port}",
            "DEFAULT_FROM_EMAIL": "Faces <faces@example.org>",
            "GOOGLE_CLIENT_ID": CLIENT,
            "GOOGLE_CLIENT_SECRET": SECRET,
            "GITHUB_CLIENT_ID": CLIENT,
            "GITHUB_CLIENT_SECRET": SECRET,
            # Whom to believe, and the way to the providers, which are not on this machine.
            "SSL_CERT_FILE": str(certificate.path),
            "REQUESTS_CA_BUNDLE": str(certificate.path),
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "localhost,127.0.0.1",
        }
        with embedded(folder / "data", **changes) as (_, address):
            yield Outside(address, mail, proxy)


@pytest.fixture
def page(browser: Browser, outside: Outside) -> Iterator[Page]:
    # Playwright sends even this machine's own addresses through a proxy, unless told otherwise.
    proxy = {"server": outside.proxy, "bypass": "localhost,127.0.0.1"}
    with (
        new_context(browser, outside.address, proxy=proxy, ignore_https_errors=True) as context,
        watched_page(context) as page,
    ):
        yield page


def test_an_address_is_confirmed_and_a_password_set_by_mail(page: Page, outside: Outside) -> None:
    page.goto("/sign-up")
    page.get_by_label("User name").fill("grace.hopper")
    page.get_by_label("E-mail address (optional)").fill("grace@example.org")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Create an account")

    page.goto(outside.mail.link("grace@example.org", "verify-email"))
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("Your address is confirmed.").first).to_be_visible()
    assert outside.mail.mails[-1]["From"] == "Faces <faces@example.org>"

    page.context.clear_cookies()
    page.goto("/forgot-password")
    page.get_by_label("E-mail address").fill("grace@example.org")
    page.get_by_role("button", name="Send me a link").click()
    page.goto(outside.mail.link("grace@example.org", "reset-password"))
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    sign_in(page, "grace.hopper", NEW_PASSWORD)
    expect(page.get_by_role("heading", name="Hello, grace.hopper")).to_be_visible()


@pytest.mark.parametrize(
    ("provider", "host"), [("GitHub", "github.com"), ("Google", "accounts.google.com")]
)
def test_somebody_comes_through_a_provider(
    page: Page, outside: Outside, provider: str, host: str
) -> None:
    def come() -> None:
        page.goto("/sign-in")
        page.get_by_role("button", name=f"Go on with {provider}").click()
        expect(page).to_have_url(re.compile(f"^https://{host}/"))
        page.get_by_role("link", name="Allow").click()

    come()
    hello = page.get_by_role("heading", name=f"Hello, Ada of {provider}")
    expect(hello).to_be_visible()
    me = page.context.request.get("/api/v1/me/").json()
    assert me["has_password"] is False

    page.context.clear_cookies()
    come()
    expect(hello).to_be_visible()
    assert page.context.request.get("/api/v1/me/").json()["id"] == me["id"]
