"""The language of the server's texts: the person's, else the browser's."""

import json
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import RequestFactory
from django.utils import translation
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import token_create
from accounts.tests.conftest import ALLAUTH, signed_in
from conftest import PASSWORD, client_of
from ferproject.common.problems import server_error

REQUIRED = {"en": "This field is required.", "zh-hans": "该字段是必填项。"}


def answer_to(client: APIClient, accept: str):
    """To a token without a name: the message is DRF's own, in either language."""
    return client.post("/api/v1/tokens/", {}, headers={"Accept-Language": accept})


@pytest.mark.parametrize(
    ("chosen", "accept", "spoken"),
    [
        ("", "en", "en"),
        ("", "zh-CN,zh;q=0.9", "zh-hans"),
        ("", "de", "en"),
        ("", "x" * 600, "en"),
        ("en", "zh-CN", "en"),
        ("zh-hans", "en", "zh-hans"),
    ],
)
def test_the_persons_choice_goes_before_the_browsers(
    user: User, chosen: str, accept: str, spoken: str
) -> None:
    User.objects.update(language=chosen)

    answer = answer_to(client_of(User.objects.get()), accept)

    assert answer.json()["detail"] == REQUIRED[spoken]
    assert answer["Content-Language"] == spoken


def test_a_programs_token_speaks_its_owners_language(user: User) -> None:
    User.objects.update(language="zh-hans")
    key = token_create(user=user, name="laptop")[1]
    client = APIClient(headers={"Authorization": f"Bearer {key}"})

    answer = client.patch("/api/v1/me/", {"keep_days": "soon"})

    assert answer["Content-Language"] == "zh-hans"
    assert answer.json()["detail"] != "A valid integer is required."


def test_one_persons_language_does_not_stick(user: User, other_user: User) -> None:
    User.objects.filter(pk=user.pk).update(language="zh-hans")
    answer_to(client_of(User.objects.get(pk=user.pk)), "en")

    assert answer_to(client_of(other_user), "en").json()["detail"] == REQUIRED["en"]


def test_whoever_is_not_signed_in_costs_no_query(db: None, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert APIClient().get("/").status_code == 200
        assert APIClient().get("/api/v1/config/").status_code == 200


# --- What is said ------------------------------------------------------------------------------

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def test_a_problem_is_told_in_the_browsers_language(db: None) -> None:
    english, chinese = (
        APIClient().get("/api/v1/nowhere/", headers=headers).json() for headers in ({}, CHINESE)
    )

    assert (english["title"], english["detail"]) == (
        "Not found",
        "There is nothing at this address.",
    )
    assert (chinese["title"], chinese["detail"]) == ("未找到", "此地址没有内容。")
    assert english["code"] == chinese["code"] == "not_found"


def test_several_wrong_fields_are_summed_up_in_the_persons_language(user: User) -> None:
    User.objects.update(language="zh-hans")
    changes = {"detector": "crystal ball", "display_name": "a\u202eb"}

    problem = client_of(User.objects.get()).patch("/api/v1/me/", changes).json()

    assert problem["title"] == "请求有误"
    assert problem["detail"] == "提交的部分内容有误。"
    details = {error["field"]: error["detail"] for error in problem["errors"]}
    assert details["display_name"] == "其中含有无法显示的字符。"
    assert details["detector"].startswith("本站没有人脸检测器“crystal ball”，可选：dlib_and_yunet")


def test_allauth_speaks_the_browsers_language(user: User) -> None:
    answer = APIClient().post(
        f"{ALLAUTH}/auth/login",
        {"username": user.username, "password": "wrong"},
        headers=CHINESE,
    )

    (error,) = answer.json()["errors"]
    assert error["code"] == "username_password_mismatch"
    assert error["message"] == "用户名或密码不正确。"


def test_limits_of_names_and_passwords_are_told_in_chinese(db: None) -> None:
    answer = APIClient().post(
        f"{ALLAUTH}/auth/signup", {"username": "ada", "password": "s3cret."}, headers=CHINESE
    )

    told = {error["param"]: error["message"] for error in answer.json()["errors"]}
    assert told["username"] == "用户名至少需要 6 个字符。"
    assert told["password"] == "密码太短，至少需要 8 个字符。"


def test_a_forged_request_is_told_without_a_programmers_words(user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    problem = client.patch("/api/v1/me/", {"theme": "dark"}, headers=CHINESE).json()

    assert problem["code"] == "permission_denied"
    assert problem["detail"] == "此页面已过期，或者请求来自其他网站。请重新加载页面。"


# --- Mails and pages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "accept", "subject", "greeting"),
    [
        ("", "en", "Set a new password", "Hello ada.lovelace,"),
        ("", "zh-CN", "设置新密码", "ada.lovelace，您好："),
        ("zh-hans", "en", "设置新密码", "ada.lovelace，您好："),
        ("en", "zh-CN", "Set a new password", "Hello ada.lovelace,"),
    ],
)
def test_a_mail_is_in_its_readers_language(
    user: User, mails: Callable, chosen: str, accept: str, subject: str, greeting: str
) -> None:
    User.objects.update(language=chosen)
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)

    with mails() as sent:
        APIClient().post(
            f"{ALLAUTH}/auth/password/request",
            {"email": "ada@example.org"},
            headers={"Accept-Language": accept},
        )

    (message,) = sent
    assert message.subject == f"Expression Lab: {subject}"
    assert message.body.startswith(greeting)
    assert "http://testserver/reset-password/" in message.body
    # No paragraph is left in the other language.
    paragraphs = [line for line in message.body.splitlines() if line and "http" not in line]
    chinese = [not line.isascii() for line in paragraphs if line != "Expression Lab"]
    assert chinese == [subject == "设置新密码"] * len(chinese)


def test_a_notice_about_the_account_is_in_chinese(user: User, mails: Callable) -> None:
    User.objects.update(language="zh-hans")
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    client = signed_in(user)

    with mails() as sent:
        client.post(
            f"{ALLAUTH}/account/password/change",
            {"current_password": PASSWORD, "new_password": "another horse battery"},
        )

    (message,) = sent
    assert message.subject == "Expression Lab: 您的密码已更改"
    assert "操作时间：" in message.body
    assert "如果不是您本人操作" in message.body


@pytest.mark.parametrize(
    ("accept", "lang", "text"),
    [("en", "en", "This app needs JavaScript."), ("zh-CN", "zh-hans", "此应用需要 JavaScript。")],
)
def test_the_page_says_its_language(db: None, accept: str, lang: str, text: str) -> None:
    page = APIClient().get("/", headers={"Accept-Language": accept})

    assert f'<html lang="{lang}">' in page.content.decode()
    assert text in page.content.decode()
    assert "Accept-Language" in page["Vary"]


@pytest.mark.parametrize(
    ("accept", "lang", "text"),
    [("en", "en", "There is nothing at this address."), ("zh-CN", "zh-hans", "此地址没有内容。")],
)
def test_an_error_page_says_its_language(db: None, accept: str, lang: str, text: str) -> None:
    page = APIClient().get("/static/nothing.css", headers={"Accept-Language": accept})

    assert page.status_code == 404
    assert f'<html lang="{lang}">' in page.content.decode()
    assert text in page.content.decode()


def test_the_page_of_a_server_error_says_its_language(rf: RequestFactory) -> None:
    with translation.override("zh-hans"):
        page, problem = server_error(rf.get("/")), server_error(rf.get("/api/v1/me/"))

    assert "这是我们的问题" in page.content.decode()
    assert json.loads(problem.content)["detail"] == "服务器出错，原因见其日志。"
