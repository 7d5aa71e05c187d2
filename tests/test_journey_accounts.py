"""Signing up and in, passwords, second factors, tokens, sessions and settings, in Chromium."""

import base64
import hashlib
import hmac
import re
import sqlite3
import struct
import time
import zipfile
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser import (
    Person,
    enter,
    mailed_link,
    new_context,
    show_that_it_is_you,
    sign_in,
    sign_out,
    sign_up,
    watched_page,
)
from tests.stack import PASSWORD, Program, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]

NEW_PASSWORD = "staple battery horse"


def fault(page: Page, text: str) -> None:
    """The message stands beside a field, and the field knows."""
    message = page.locator("form .field__error").filter(has_text=text)
    expect(message).to_be_visible()
    described = page.locator(f'[aria-describedby~="{message.get_attribute("id")}"]')
    expect(described).to_have_attribute("aria-invalid", "true")


# The tests of the thesis, one by one -------------------------------------------------------------


def test_a_wrong_password_is_refused(person: Person) -> None:
    person.context.clear_cookies()

    sign_in(person.page, person.username, "wrong password")

    expect(person.page.locator("form").get_by_text("is not right")).to_be_visible()
    expect(person.page).to_have_url(re.compile("/sign-in"))
    assert person.page.request.get("/api/v1/me/").status == 401


def test_a_taken_name_is_refused(page: Page, other: Person) -> None:
    sign_up(page, other.username)

    fault(page, "already taken")
    expect(page).to_have_url(re.compile("/sign-up"))


def test_a_name_under_six_letters_is_refused(page: Page) -> None:
    sign_up(page, "short")

    fault(page, "at least 6 characters")


def test_a_password_too_short_is_refused(page: Page, username: str) -> None:
    sign_up(page, username, "seven77")

    fault(page, "at least 8 characters")


def change_password(page: Page, current: str, new: str) -> None:
    page.goto("/settings/security")
    page.get_by_label("Current password").fill(current)
    page.get_by_label("New password").fill(new)
    page.get_by_role("button", name="Change password").click()


def test_a_wrong_old_password_changes_nothing(person: Person, username: str) -> None:
    change_password(person.page, "not my password", NEW_PASSWORD)

    expect(person.page.locator("form .field__error").first).to_be_visible()
    expect(person.page.get_by_text("Your password is changed.")).to_have_count(0)
    sign_out(person.page, username)
    sign_in(person.page, username, PASSWORD)
    expect(person.page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()


def test_a_short_new_password_changes_nothing(person: Person) -> None:
    change_password(person.page, PASSWORD, "seven77")

    fault(person.page, "at least 8 characters")


# Beyond the thesis -------------------------------------------------------------------------------


def test_a_changed_password_is_the_one_to_sign_in_with(person: Person, username: str) -> None:
    page = person.page
    change_password(page, PASSWORD, NEW_PASSWORD)
    expect(page.get_by_text("Your password is changed.").first).to_be_visible()
    sign_out(page, username)

    sign_in(page, username, PASSWORD)
    expect(page.locator("form").get_by_text("is not right")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()


def test_signing_in_leads_back_to_where_one_was_going(person: Person, running: str) -> None:
    person.context.clear_cookies()
    page = person.page
    page.goto("/statistics")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))

    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{running}/statistics")


def one_time_code(secret: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc6238 with six digits and half a minute."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"


def test_signing_in_with_a_second_factor(person: Person, username: str) -> None:
    page = person.page
    page.goto("/settings/security")
    totp = page.get_by_role("region", name="Second factor")
    totp.get_by_role("button", name="Turn on").click()
    # Before there is anything to scan, and only then.
    expect(totp.locator("code")).to_have_count(0)
    show_that_it_is_you(page)
    expect(totp.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    secret = totp.locator("code").inner_text()
    totp.get_by_label("Code from the app").fill("000000")
    totp.get_by_role("button", name="Turn on").click()
    expect(totp.locator("form .field__error, form .notice").first).to_be_visible()
    totp.get_by_label("Code from the app").fill(one_time_code(secret))
    totp.get_by_role("button", name="Turn on").click()
    expect(totp.get_by_text("The second factor is on.").first).to_be_visible()
    codes = page.get_by_test_id("recovery-codes").locator("li")
    expect(codes.first).to_be_visible()
    recovery_code = codes.first.inner_text()
    assert codes.count() == 10
    sign_out(page, username)

    # The password alone is not enough; a recovery code does what the app would.
    sign_in(page, username)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert page.request.get("/api/v1/me/").status == 401
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("form .field__error, form .notice").first).to_be_visible()
    page.get_by_label("Code", exact=True).fill(recovery_code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()
    sign_out(page, username)

    # A code of the app works once; the one that turned it on is spent, so this is the next one.
    sign_in(page, username)
    spent = one_time_code(secret)
    wait_for(lambda: one_time_code(secret) != spent, "the next code", 35)
    page.get_by_label("Code", exact=True).fill(one_time_code(secret))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()


def test_a_passkey_signs_in_until_it_is_removed(person: Person, username: str) -> None:
    """With Chromium's own authenticator: https://chromedevtools.github.io/devtools-protocol/."""
    page = person.page
    devtools = person.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    fingerprint = {
        "protocol": "ctap2",
        "transport": "internal",
        "automaticPresenceSimulation": True,
    }
    abilities = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    authenticator = devtools.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**fingerprint, **abilities}}
    )
    page.goto("/settings/security")
    passkeys = page.get_by_role("region", name="Passkeys")
    passkeys.get_by_role("button", name="Add a passkey").click()
    fault(page, "Give the passkey a name.")
    passkeys.get_by_label("Name of the passkey").fill("My laptop")
    passkeys.get_by_role("button", name="Add a passkey").click()
    show_that_it_is_you(page)
    expect(passkeys.get_by_role("listitem")).to_contain_text("My laptop")
    expect(passkeys.get_by_role("listitem")).to_contain_text("Never used")
    (credential,) = devtools.send("WebAuthn.getCredentials", authenticator)["credentials"]
    assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)
    sign_out(page, username)

    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()
    page.goto("/settings/security")
    expect(passkeys.get_by_role("listitem")).to_contain_text("Last used")

    # It also shows that it is still the same person.
    passkeys.get_by_role("button", name="Remove the passkey My laptop").click()
    dialog = page.get_by_role("dialog", name="Is it still you?")
    dialog.get_by_role("button", name="Use a passkey").click()
    expect(passkeys.get_by_role("listitem")).to_have_count(0)
    sign_out(page, username)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.request.get("/api/v1/me/").status == 401


def test_a_token_lets_a_program_in_until_it_is_revoked(person: Person, running: str) -> None:
    page = person.page
    page.goto("/settings/tokens")
    page.get_by_role("button", name="Make a token").click()
    fault(page, "Give the token a name.")
    page.get_by_label("Name of the token").fill("My script")
    page.get_by_role("button", name="Make a token").click()
    key = page.get_by_test_id("new-token").locator("code").inner_text()

    def ask() -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return requests.get(f"{running}/api/v1/me/", headers=headers, timeout=30)

    assert ask().json()["username"] == person.username
    page.reload()
    token = page.get_by_test_id("token")
    expect(token).to_contain_text("My script")
    expect(token).to_contain_text("Last used")
    expect(page.get_by_text(key)).to_have_count(0)

    page.get_by_role("button", name="Revoke the token My script").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    expect(token).to_have_count(0)
    assert ask().status_code == 401


def test_a_session_elsewhere_is_ended(person: Person, browser: Browser, running: str) -> None:
    options = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"}
    with new_context(browser, running, **options) as context, watched_page(context) as elsewhere:
        sign_in(elsewhere, person.username)
        expect(elsewhere.get_by_role("heading", level=1, name="Hello")).to_be_visible()
        page = person.page
        page.goto("/settings/security")
        sessions = page.get_by_role("region", name="Where you are signed in")
        expect(sessions.get_by_role("listitem")).to_have_count(2)

        sessions.get_by_role("button", name=re.compile("^Sign out .*Firefox")).click()

        expect(sessions.get_by_role("listitem")).to_have_count(1)
        expect(sessions.get_by_role("listitem")).to_contain_text("This one")
        elsewhere.goto("/records")
        expect(elsewhere).to_have_url(re.compile("/sign-in"))


def test_a_forgotten_password_by_the_mail_in_the_log(
    person: Person, product: tuple[Program, str, Path], username: str
) -> None:
    page, program = person.page, product[0]
    page.goto("/settings")
    page.get_by_label("E-mail address", exact=True).fill(f"{username}@example.org")
    page.get_by_role("button", name="Add address").click()
    show_that_it_is_you(page)
    expect(page.get_by_role("listitem").filter(has_text=f"{username}@example.org")).to_be_visible()
    sign_out(page, username)

    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill(f"{username}@example.org")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_text("a link is on its way to it").first).to_be_visible()

    page.goto(mailed_link(program, f"{username}@example.org", "reset-password"))
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    sign_in(page, username, NEW_PASSWORD)
    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()


def test_settings_are_kept_and_follow_the_person(
    person: Person, browser: Browser, running: str
) -> None:
    page = person.page
    page.goto("/settings")
    page.get_by_label("Name", exact=True).fill("Ada 🎀")
    page.get_by_label("Language").first.select_option("简体中文")
    page.get_by_role("button", name=re.compile("^(Save|保存)$")).first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("radio", name="深色").first.check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile("[A-Za-z]"))

    with new_context(browser, running) as context, watched_page(context) as elsewhere:
        sign_in(elsewhere, person.username)
        expect(elsewhere.locator("html")).to_have_attribute("lang", "zh-Hans")
        expect(elsewhere.locator("html")).to_have_attribute("data-theme", "dark")
        expect(elsewhere.get_by_role("heading", level=1)).to_contain_text("Ada 🎀")


# Words that are the same in every language: names of products, formats and file kinds.
LATIN_IN_CHINESE = re.compile(
    r"Expression Lab|JPEG|PNG|WebP|BMP|CSV|JSON|ZIP|API|OpenCV|MTCNN|YuNet|dlib|MB|KB|kB|GB|HTTPS"
    r"|MP4|MOV|WebM|MKV|AVI|QR|Bearer|Authorization|English|Chrome|Chromium|Linux|Ctrl|Enter|AI|GDPR|Z\b"
)


def test_the_whole_app_in_chinese(browser: Browser, running: str, username: str) -> None:
    """By the browser's language, without a setting."""
    with new_context(browser, running, locale="zh-CN") as context, watched_page(context) as page:
        for path in ("/", "/sign-in", "/sign-up", "/forgot-password", "/no/such/page"):
            expect_chinese(page, path, username)
        person = enter(context, page, username, consents=False)
        expect_chinese(page, "/consent", username)
        person.consent()
        record = person.upload("画像")
        face = person.api("GET", f"records/{record}/")["faces"][0]["id"]
        person.api("PUT", f"faces/{face}/correction/", {"expression": "sad"})
        model = person.api("GET", f"records/{record}/")["model"]
        pages = ("/", "/upload", "/records", f"/records/{record}", "/statistics", "/settings")
        for path in pages:
            expect_chinese(page, path, username, "portrait.jpg", model)
        for path in ("security", "privacy", "tokens"):
            expect_chinese(page, f"/settings/{path}", username)


def expect_chinese(page: Page, path: str, *own: str) -> None:
    """No Latin word stands there but names, and what the person gave."""
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    text = page.locator("body").inner_text()
    labels = page.locator("[aria-label], [title], [placeholder]").evaluate_all(
        "(all, names) => all.flatMap((one) => names.map((name) => one.getAttribute(name)))",
        ["aria-label", "title", "placeholder"],
    )
    text = "\n".join([text, page.title(), *filter(None, labels)])
    for word in own:
        text = text.replace(word, "")
    left = re.findall(r"[A-Za-z]{2,}", LATIN_IN_CHINESE.sub("", text))
    assert left == [], (path, left)


def test_withdrawn_consent_stops_uploads(person: Person) -> None:
    page = person.page
    page.goto("/settings/privacy")
    page.get_by_role("button", name="Withdraw consent").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw consent").click()
    expect(page.get_by_text("You have not agreed to the notice")).to_be_visible()

    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
    form = {"consent": "true", "files": picture}
    refused = person.request("POST", "/api/v1/recognitions/", multipart=form)
    assert (refused.status, refused.json()["code"]) == (403, "consent_missing")
    page.goto("/upload")
    expect(page.get_by_role("heading", name="Before you begin")).to_be_visible()


def test_everything_of_a_person_is_downloaded(person: Person, tmp_path: Path) -> None:
    page = person.page
    person.upload("Commander Collins")
    page.goto("/settings/privacy")
    page.get_by_role("button", name="Make a ZIP file").click()
    made = page.get_by_test_id("data-export")
    link = made.get_by_role("link", name="Download")
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    path = tmp_path / "data.zip"
    download.value.save_as(path)

    names = zipfile.ZipFile(path).namelist()
    assert any(name.endswith(".json") for name in names), names
    assert any(name.endswith(".csv") for name in names), names
    assert any(name.endswith((".jpg", ".png", ".webp")) for name in names), names


def test_a_deleted_account_leaves_nothing(
    person: Person, product: tuple[Program, str, Path]
) -> None:
    _, address, data = product
    page = person.page
    files_before = files_below(data)
    record = person.upload("Commander Collins")
    id_ = person.api("GET", "me/")["id"]
    assert files_below(data) - files_before
    page.goto("/settings/privacy")
    form = page.get_by_role("region", name="Delete my account")
    form.get_by_label("Password", exact=True).fill("wrong password")
    form.get_by_role("button", name="Delete my account").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    expect(form.locator(".field__error")).to_be_visible()

    form.get_by_label("Password", exact=True).fill(PASSWORD)
    form.get_by_role("button", name="Delete my account").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()

    expect(page).to_have_url(f"{address}/")
    expect(page.get_by_role("link", name="Create an account")).to_be_visible()
    assert page.request.get("/api/v1/me/").status == 401
    # Within a minute; other tests' files may come and go meanwhile.
    wait_for(lambda: not (files_below(data) - files_before), "the files are gone", 60)
    (database,) = data.glob("*.sqlite3")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
        tables = [
            row[0] for row in rows.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            columns = {row[1] for row in rows.execute(f"PRAGMA table_info('{table}')")}
            for column in columns & {"user_id", "owner_id"}:
                count = f"SELECT count(*) FROM '{table}' WHERE {column} = ?"
                assert rows.execute(count, (id_,)).fetchone() == (0,), table
        hexed = record.replace("-", "")
        left = rows.execute(
            "SELECT count(*) FROM records_record WHERE id IN (?, ?)", (record, hexed)
        )
        assert left.fetchone() == (0,)
    sign_in(page, person.username)
    expect(page.locator("form").get_by_text("is not right")).to_be_visible()


def files_below(data: Path) -> set[Path]:
    return {path for path in (data / "media").rglob("*") if path.is_file()}
