"""The settings of the imap backend: whose mailbox, how it is reached, and how much of it an assistant may see."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from mailmcp.config.sections import Items, Section, Security

ImapAuth = Literal["auto", "plain", "login", "xoauth2", "oauthbearer"]


class AccountSettings(Section):
    """One account elsewhere."""

    provider: str | None = Field(
        default=None,
        description="A service whose servers are known: gmail, outlook, icloud, fastmail, yahoo, zoho, proton, gmx,"
        " mailbox.org, agentmail or mailkite. What is set beside it wins; without it and without a host the domain of"
        " the address is asked (RFC 6186, autoconfig).",
    )
    host: str | None = Field(default=None, description="Host name of the IMAP server.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the IMAP server; left out: 993 with tls, else 143."
    )
    security: Security | None = Field(
        default=None,
        description="tls (from the first byte, when left out), starttls or none (on this machine only); the certificate"
        " is always checked.",
    )
    ca_file: str | None = Field(
        default=None,
        description="PEM file of a certificate that is trusted beside those of the system, such as Proton Bridge's.",
    )
    username: str | None = Field(default=None, description="User name at the server.")
    password: SecretStr | None = Field(
        default=None, description="Password, or the app password that the provider made for this program."
    )
    address: str | None = Field(default=None, description="Address of the account; left out: the user name.")
    auth: ImapAuth = Field(
        default="auto",
        description="How to log in: auto (plain or login, what the server offers; xoauth2 after `mailmcp"
        " connect-account`), plain, login, xoauth2 or oauthbearer.",
    )
    access: Literal["read", "write"] = Field(
        default="read",
        description="read: nothing in the mailbox is ever changed, marks stay in this home, and nothing is sent from"
        " the account's own address. write: marks become flags, a copy of what is sent is filed.",
    )
    folders: Items = Field(
        default=("INBOX",), description="Folders that are fetched, the first of them watched, with commas between them."
    )
    days: int = Field(
        default=0, ge=0, le=36_500, description="Only mail of so many last days is fetched; 0 for no such limit."
    )
    cache: int = Field(
        default=5000,
        ge=0,
        le=1_000_000,
        description="So many mails of the newest are fetched whole: the first 500 at once, the others when nothing else"
        " is to be done. Older mail is searched on the server.",
    )
    catch_all: str | None = Field(
        default=None,
        description="Domain whose mail all comes into this account: create_inbox makes addresses there. Left out: with"
        " a plus in the account's address (me+shop@example.com).",
    )
    save_sent: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="File a copy of what was sent in the account's folder of sent mail (with access write); auto: where"
        " the provider does not do so by itself.",
    )
    save_drafts: bool = Field(
        default=False,
        description="Show held drafts in the account's folder of drafts, with access write, for as long as they are"
        " held. They are copies: what is decided is decided in mailmcp.",
    )
    oauth_client: str | None = Field(
        default=None, description="Client id of `mailmcp connect-account`, as you registered it with the provider."
    )
    oauth_secret: SecretStr | None = Field(
        default=None, description="Its client secret, where the provider gave one with it."
    )
    oauth_device_url: str | None = Field(
        default=None, description="Where a sign-in with a code begins (RFC 8628); known for gmail and outlook."
    )
    oauth_token_url: str | None = Field(
        default=None, description="Where tokens are got and renewed; known for gmail and outlook."
    )
    oauth_scope: str | None = Field(default=None, description="The scope that is asked for; known for these two too.")

    @field_validator("host", "catch_all")
    @classmethod
    def _host_is_a_name(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or any(one.isspace() or one in "/@" for one in value)):
            raise ValueError("must be a name such as mail.example.com")
        return value.lower() if value else value

    @field_validator("address")
    @classmethod
    def _address_is_one(cls, value: str | None) -> str | None:
        if value is not None and (value.count("@") != 1 or any(one.isspace() or one in "<>," for one in value)):
            raise ValueError("must be an address such as me@example.com")
        return value.lower() if value else value

    @field_validator("oauth_device_url", "oauth_token_url")
    @classmethod
    def _address_is_safe(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("must begin with https://")
        return value


class ImapSettings(AccountSettings):
    """Your own mailbox elsewhere."""

    accounts: dict[str, AccountSettings] = Field(
        default={},
        description="Further accounts, in config.toml alone: a table [imap.accounts.NAME] with these same settings for"
        " each.",
    )
