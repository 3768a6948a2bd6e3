"""Settings: defaults, the file of the home, the environment, and what is wrong in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from mailmcp.config import Settings, default_home, is_set, load_settings, named_in
from mailmcp.errors import ConfigError


def load(home: Path, environment: dict[str, str] | None = None, file: str | None = None) -> Settings:
    if file is not None:
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(file, encoding="utf-8")
    return load_settings(home, environment or {})


def trouble(home: Path, environment: dict[str, str] | None = None, file: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(home, environment, file)
    return str(caught.value)


# --- where values come from -------------------------------------------------------------------------------------


def test_with_no_settings_at_all_the_defaults_hold_and_nothing_is_made(tmp_path: Path) -> None:
    settings = load(tmp_path / "home")
    assert (settings.backend, settings.send.policy, settings.approval.expiry) == ("local", "first_contact", 86_400)
    assert settings.local.domain == "agents.internal"
    assert (settings.local.smtp_host, settings.local.smtp_port) == ("127.0.0.1", 1025)
    assert settings.home == tmp_path / "home"
    assert not settings.home.exists()


def test_the_file_wins_over_the_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    file = '[local]\ndomain = "file.test"\nsmtp_port = 2525\n[send]\npolicy = "never"\n'
    settings = load(tmp_path, {"MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_SEND__POLICY": "open"}, file)
    assert (settings.local.domain, settings.local.smtp_port, settings.send.policy) == ("file.test", 0, "open")


def test_the_option_wins_over_the_environment_and_that_over_the_platforms_folder(tmp_path: Path) -> None:
    environment = {"MAILMCP_HOME": str(tmp_path / "env")}
    assert load_settings(tmp_path / "option", environment).home == tmp_path / "option"
    assert load_settings(None, environment).home == tmp_path / "env"
    assert load_settings(None, {}).home == default_home().absolute()


def test_the_file_is_read_from_the_home_that_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[send]\npolicy = "never"\n')
    assert load_settings(None, {"MAILMCP_HOME": str(tmp_path)}).send.policy == "never"


def test_a_home_is_made_absolute_and_its_tilde_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {"MAILMCP_HOME": "~/mail"}).home == tmp_path / "mail"
    assert load_settings(Path("mail"), {}).home == tmp_path / "mail"


def test_the_file_in_a_home_with_a_tilde_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text('[send]\npolicy = "never"\n')
    assert load_settings(None, {"MAILMCP_HOME": "~"}).send.policy == "never"


@pytest.mark.parametrize("value", ["", "  ", "${user_config.policy}", "${HOME}"])
def test_a_field_that_a_host_left_empty_is_not_set(tmp_path: Path, value: str) -> None:
    assert not is_set(value)
    environment = {"MAILMCP_SEND__POLICY": value, "MAILMCP_LOCAL__SMTP_PORT": value, "MAILMCP_HOME": value}
    settings = load_settings(None, environment)
    assert (settings.send.policy, settings.local.smtp_port) == ("first_contact", 1025)
    assert settings.home == default_home().absolute()


def test_names_in_the_environment_may_be_in_any_case_after_the_prefix(tmp_path: Path) -> None:
    assert load(tmp_path, {"MAILMCP_local__Smtp_Port": "7"}).local.smtp_port == 7


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    others = {"PATH": "/bin", "MAILMCP_TEST_CORPORA": "x", "XMAILMCP_SEND__POLICY": "never", "MAILMCPX": "1"}
    assert load(tmp_path, others) == load(tmp_path)


def test_settings_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValidationError):
        settings.backend = "smtp"  # type: ignore[misc]


# --- what is wrong, in words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"MAILMCP_LOCAL__SMTP_PORT": "many"},
            "MAILMCP_LOCAL__SMTP_PORT cannot be used: it must be a whole number from",
        ),
        ({"MAILMCP_LOCAL__SMTP_PORT": "65536"}, "MAILMCP_LOCAL__SMTP_PORT cannot be used: it must be a whole number"),
        ({"MAILMCP_LOCAL__SMTP_PORT": "-1"}, "MAILMCP_LOCAL__SMTP_PORT cannot be used: it must be a whole number from"),
        (
            {"MAILMCP_LOCAL__SMTP_HOST": "a b"},
            "MAILMCP_LOCAL__SMTP_HOST cannot be used: it must be an address or a host",
        ),
        (
            {"MAILMCP_SEND__POLICY": "sometimes"},
            "MAILMCP_SEND__POLICY cannot be used: it must be open, first_contact, approve or never.",
        ),
        (
            {"MAILMCP_APPROVAL__EXPIRY": "59"},
            "MAILMCP_APPROVAL__EXPIRY cannot be used: it must be a whole number of at least 60.",
        ),
        (
            {"MAILMCP_LOCAL__DOMAIN": "not a domain"},
            "MAILMCP_LOCAL__DOMAIN cannot be used: it must be a domain name such",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_named_by_its_setting_with_what_it_must_be(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    assert trouble(tmp_path, environment).startswith(f"The setting {words}")


ANYTHING = [
    "true", "1", "-1", "1.5", "nan", "inf", "-inf", "1e999", '""', '"x y"', '"a\\nb"', '"\\u0000"', "[]", "[1]", "[[]]",
    "{}", "{ a = 1 }", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", f'"{"x" * 5_000}"', "9" * 4_000,
]  # fmt: skip
"""Values in the words of TOML."""


@pytest.mark.parametrize("value", ANYTHING, ids=lambda value: value[:12])
@pytest.mark.slow
def test_anything_at_all_for_any_setting_is_taken_or_refused_in_one_sentence(tmp_path: Path, value: str) -> None:
    settings = [
        ("backend",), ("send_backend",), ("local",), ("send",), ("approval",), ("local", "domain"),
        ("local", "smtp_host"), ("local", "smtp_port"), ("send", "policy"), ("approval", "expiry"),
    ]  # fmt: skip
    refused = 0
    for path in settings:
        *section, name = path
        try:
            load(tmp_path, file=f"{f'[{section[0]}]' if section else ''}\n{name} = {value}\n")
        except ConfigError as error:
            refused += 1
            said = str(error)
            assert said.startswith(("The setting MAILMCP_", "There is no setting MAILMCP_")), said
            assert name.upper() in said
            assert_a_sentence(said)
    assert refused >= 5


@pytest.mark.parametrize("value", ["true", "1.5", "1e999", "NaN", "0x10", "[1]", "{}", "null", "\udcff", "x" * 5_000])
def test_the_same_holds_for_the_environment(tmp_path: Path, value: str) -> None:
    for name in ("LOCAL__SMTP_PORT", "APPROVAL__EXPIRY", "SEND__POLICY"):
        said = trouble(tmp_path, {f"MAILMCP_{name}": value})
        assert said.startswith(f"The setting MAILMCP_{name} cannot be used: it must be ")
        assert_a_sentence(said)


def assert_a_sentence(said: str) -> None:
    """One line of ours, of bounded length."""
    assert len(said) <= 300
    assert "\n" not in said
    assert said.endswith(".")
    for foreign in ("pydantic", "Input should", "nput", "validation error", "type=", "://", "Value error"):
        assert foreign not in said


def test_true_is_no_port(tmp_path: Path) -> None:
    assert "SMTP_PORT cannot be used" in trouble(tmp_path, file="[local]\nsmtp_port = true\n")
    assert load(tmp_path, file="[local]\nsmtp_port = 1\n").local.smtp_port == 1


def test_an_empty_host_is_not_every_address(tmp_path: Path) -> None:
    assert "SMTP_HOST cannot be used" in trouble(tmp_path, file='[local]\nsmtp_host = ""\n')


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("MAILMCP_LOCAL__SMTP_PROT", "MAILMCP_LOCAL__SMTP_PORT"),
        ("MAILMCP_SENT__POLICY", None),
        ("MAILMCP_SEND__POLICE", "MAILMCP_SEND__POLICY"),
        ("MAILMCP_LOCAL__COLOUR", None),
    ],
)
def test_a_setting_that_was_perhaps_meant_is_named(tmp_path: Path, key: str, meant: str | None) -> None:
    said = trouble(tmp_path, {key: "1"})
    assert said.endswith(f" (did you mean {meant}?)." if meant else "docs/configuration.md.")


def test_a_setting_with_an_endless_name_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for environment in ({f"MAILMCP_LOCAL__{'X' * 5_000}": "1"}, {f"MAILMCP_{'X' * 5_000}__A": "1"}):
        assert_a_sentence(trouble(tmp_path, environment))
    assert_a_sentence(trouble(tmp_path, {"MAILMCP_SEND_" + "X" * 5_000: "1"}))


def test_a_home_of_a_user_who_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="names a user who does not exist here"):
        load_settings(None, {"MAILMCP_HOME": "~nobody-of-this-name/mail"})


@pytest.mark.parametrize(
    ("environment", "file", "name"),
    [
        ({"MAILMCP_LOCAL__SMTP_PROT": "1"}, None, "MAILMCP_LOCAL__SMTP_PROT (local.smtp_prot in config.toml)"),
        ({"MAILMCP_LOCALE__PORT": "1"}, None, "MAILMCP_LOCALE (locale in config.toml)"),
        ({}, "[local]\nsmtp_prot = 1\n", "MAILMCP_LOCAL__SMTP_PROT (local.smtp_prot in config.toml)"),
        ({}, "polisy = 1\n", "MAILMCP_POLISY (polisy in config.toml)"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_by_name(
    tmp_path: Path, environment: dict[str, str], file: str | None, name: str
) -> None:
    said = trouble(tmp_path, environment, file)
    assert said.startswith(f"There is no setting {name}; the settings are listed in docs/configuration.md")
    assert_a_sentence(said)


@pytest.mark.parametrize(
    "file",
    [
        "[local\n",
        "= 1",
        "a = b",
        "\x00",
        "a = " + "[" * 100_000,
        "a = " + "9" * 5_000,
        '[send]\npolicy = "open"\npolicy = "never"\n',
    ],
)
def test_a_file_that_is_no_toml_is_named_with_what_is_wrong(tmp_path: Path, file: str) -> None:
    said = trouble(tmp_path, file=file)
    assert said.startswith(f"{tmp_path / 'config.toml'} is not valid TOML: ")


def test_a_file_that_is_no_text_or_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    assert "is not valid TOML" in trouble(tmp_path)
    (tmp_path / "config.toml").unlink()
    (tmp_path / "config.toml").mkdir()
    assert "cannot be read" in trouble(tmp_path)


def test_a_word_where_a_table_belongs_is_refused_by_name(tmp_path: Path) -> None:
    assert "MAILMCP_LOCAL " in trouble(tmp_path, file='local = "x"\n')


def test_what_was_wrong_is_told_without_the_value(tmp_path: Path) -> None:
    assert "hunter2" not in trouble(tmp_path, {"MAILMCP_LOCAL__SMTP_PORT": "hunter2"})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("agents.internal", "agents.internal"),
        ("Agents.INTERNAL.", "agents.internal"),
        ("internal", "internal"),
        ("a-b.c3.test", "a-b.c3.test"),
        ("x" * 63 + ".test", "x" * 63 + ".test"),
    ],
)
def test_domains_are_read_in_lower_case_without_the_last_dot(tmp_path: Path, written: str, read: str) -> None:
    assert load(tmp_path, {"MAILMCP_LOCAL__DOMAIN": written}).local.domain == read


@pytest.mark.parametrize(
    "domain",
    [
        "a..b",
        ".test",
        "a b.test",
        "a@b.test",
        "-",
        "-a.test",
        "a-.test",
        "a_b.test",
        "x" * 64 + ".test",
        ("x" * 60 + ".") * 5,
        ".",
    ],
)
def test_what_is_no_domain_is_refused(tmp_path: Path, domain: str) -> None:
    assert "must be a domain name such as agents.internal" in trouble(tmp_path, {"MAILMCP_LOCAL__DOMAIN": domain})


@pytest.mark.parametrize("key", ["MAILMCP_SEND_POLICY", "MAILMCP_SEND", "MAILMCP_LOCAL_SMTP_PORT"])
def test_a_setting_with_one_underscore_too_few_is_refused_and_not_ignored(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=f"There is no setting {key}: .* two underscores"):
        load_settings(tmp_path, {key: "never"})


def test_words_of_others_are_left_alone(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"MAILMCP_TEST_CORPORA": "/x", "MAILMCPX": "1"}).home == tmp_path


def test_names_that_only_look_like_settings_are_told_from_settings() -> None:
    given, others = named_in(
        {
            "MAILMCP_BACKNED": "imap",
            "MAILMCP_HOME": "/x",
            "MAILMCP_READ_ONLY": "",
            "MAILMCP_BACKEND": "local",
            "MAILMCP_SEND__POLICY": "never",
            "PATH": "/bin",
        }
    )
    assert given == ["MAILMCP_BACKEND", "MAILMCP_SEND__POLICY"]
    assert others == ["MAILMCP_BACKNED is no setting and is ignored (did you mean MAILMCP_BACKEND?)."]


def test_a_config_file_cannot_move_its_own_home(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('home = "/elsewhere"')
    with pytest.raises(ConfigError, match="use MAILMCP_HOME or --home"):
        load_settings(tmp_path, {})
