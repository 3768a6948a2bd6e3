"""What the secrets of known services look like: one row each, with the words that must stand in a text at all.

A row's pattern is tried only on a text that holds one of its words, so that most texts cost some searches in C. Every
repetition is bounded and begins at few places, so that no text takes more than linear time; a secret is found by as
much of it as makes it one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Token:
    """A kind of secret."""

    name: str
    words: tuple[str, ...]
    written: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text first holds one of its words: all of them would take some 50 ms at the start."""
        return _compiled(self.written)


@cache
def _compiled(written: str) -> re.Pattern[str]:
    return re.compile(written)


def _row(name: str, pattern: str, *words: str, before: str = "A-Za-z0-9") -> Token:
    return Token(name, words, rf"(?<![{before}])(?:{pattern})")


_A = "[A-Za-z0-9]"
_B = "[A-Za-z0-9_-]"
_HEX = "[0-9a-f]"

TOKENS: tuple[Token, ...] = (
    _row("1Password service token", rf"ops_eyJ{_B}{{40}}", "ops_eyJ"),
    _row("age secret key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "AGE-SECRET-KEY-1"),
    _row("Airtable token", rf"pat{_A}{{14}}\.{_HEX}{{64}}", "pat"),
    _row("Alibaba Cloud access key", rf"LTAI{_A}{{17,21}}\b", "LTAI"),
    _row("Anthropic key", rf"sk-ant-{_B}{{24}}", "sk-ant-"),
    _row("Atlassian token", r"ATATT3[A-Za-z0-9_\-=]{60}", "ATATT3"),
    _row("AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", "AKIA", "ASIA", "ABIA", "ACCA"),
    _row(
        "AWS secret key",
        r"(?i:aws[\w .-]{0,20}secret[\w .-]{0,20})[\"' :=]{1,8}[A-Za-z0-9/+]{40}\b",
        "aws",
        "AWS",
        "Aws",
    ),
    _row("Azure storage key", r"(?i:AccountKey=)[A-Za-z0-9+/]{86}==", "AccountKey=", "accountkey="),
    _row("Bitbucket token", rf"ATBB{_A}{{32}}\b", "ATBB"),
    _row("Buildkite token", rf"bk(?:ua|ct)_{_A}{{40}}\b", "bkua_", "bkct_"),
    _row("CircleCI token", rf"CCI(?:PAT|PRJ)_{_A}{{22}}_{_HEX}{{40}}", "CCIPAT_", "CCIPRJ_"),
    _row("Contentful token", rf"CFPAT-{_B}{{43}}", "CFPAT-"),
    _row("crates.io token", rf"cio{_A}{{32}}\b", "cio"),
    _row("Databricks token", rf"dapi{_HEX}{{32}}(?:-\d)?\b", "dapi"),
    _row("DigitalOcean token", rf"do[opr]_v1_{_HEX}{{64}}", "_v1_"),
    _row("Discord bot token", rf"[MNO]{_B}{{23,27}}\.{_B}{{6}}\.{_B}{{27,40}}", "."),
    _row(
        "Discord webhook",
        rf"https://(?:\w{{1,10}}\.)?discord(?:app)?\.com/api/webhooks/\d{{15,22}}/{_B}{{50,90}}",
        "/api/webhooks/",
    ),
    _row("Docker token", rf"dckr_(?:pat|oat)_{_B}{{27,40}}", "dckr_"),
    _row("Doppler token", rf"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{{2,35}}\.)?{_A}{{40,44}}\b", "dp."),
    _row("Dropbox token", rf"sl\.(?:u\.)?{_B}{{120}}", "sl."),
    _row("Facebook token", rf"EAA[MC]{_A}{{60}}", "EAAM", "EAAC"),
    _row("Figma token", rf"fig[dor]_{_B}{{40,60}}", "figd_", "figo_", "figr_"),
    _row("Fly.io token", r"fo1_[A-Za-z0-9_-]{43}|FlyV1 fm[12]r?_[A-Za-z0-9+/=,_]{80}", "fo1_", "FlyV1"),
    _row(
        "GitHub token",
        rf"gh[pousr]_{_A}{{36}}|github_pat_[A-Za-z0-9_]{{60}}",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
    ),
    _row(
        "GitLab token",
        rf"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-{_B}{{20,60}}",
        "glpat-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "glptt-",
        "glft-",
        "glimt-",
        "glagent-",
        "glsoat-",
        "glffct-",
    ),
    _row("Google API key", rf"AIza{_B}{{35}}", "AIza"),
    _row("Google OAuth secret", rf"GOCSPX-{_B}{{28}}|ya29\.{_B}{{40}}", "GOCSPX-", "ya29."),
    _row("Grafana token", rf"glsa_{_A}{{32}}_{_HEX}{{8}}|glc_[A-Za-z0-9+/]{{32}}", "glsa_", "glc_"),
    _row("Groq key", rf"gsk_{_A}{{48,60}}\b", "gsk_"),
    _row("Heroku key", rf"HRKU-{_B}{{36,70}}", "HRKU-"),
    _row("Hugging Face token", r"(?:hf|api_org)_[A-Za-z]{34}\b", "hf_", "api_org_"),
    _row("Linear key", rf"lin_(?:api|oauth)_{_A}{{40,70}}", "lin_api_", "lin_oauth_"),
    _row("Mailchimp key", rf"{_HEX}{{32}}-us\d{{1,2}}\b", "-us"),
    _row("Mailgun key", rf"(?:pub)?key-{_HEX}{{32}}\b|{_HEX}{{32}}-{_HEX}{{8}}-{_HEX}{{8}}\b", "key-", "-"),
    _row("Netlify token", rf"nfp_{_A}{{36,50}}", "nfp_"),
    _row("New Relic key", r"NRAK-[A-Z0-9]{27}\b|NRII-[A-Za-z0-9-]{32}", "NRAK-", "NRII-"),
    _row("Notion token", rf"ntn_{_A}{{40,50}}|secret_{_A}{{43}}\b", "ntn_", "secret_"),
    _row("npm token", rf"npm_{_A}{{36}}\b", "npm_"),
    _row("NuGet key", r"oy2[a-z0-9]{43}\b", "oy2"),
    _row(
        "OpenAI key",
        rf"sk-(?:proj|svcacct|admin)-{_B}{{40}}|sk-{_A}{{20}}T3BlbkFJ{_A}{{20}}|sk-or-v1-{_HEX}{{64}}",
        "sk-",
    ),
    _row("Perplexity key", rf"pplx-{_A}{{48}}\b", "pplx-"),
    _row("PlanetScale token", rf"pscale_(?:tkn|pw|oauth)_{_B}{{32,64}}", "pscale_"),
    _row("Postman key", rf"PMAK-{_HEX}{{24}}-{_HEX}{{34}}\b", "PMAK-"),
    _row("Pulumi token", rf"pul-{_HEX}{{40}}\b", "pul-"),
    _row("PyPI token", rf"pypi-AgE{_B}{{50}}", "pypi-AgE"),
    _row("Replicate token", rf"r8_{_A}{{37}}\b", "r8_"),
    _row("Resend key", rf"re_{_A}{{8,9}}_{_A}{{24}}\b", "re_"),
    _row("RubyGems key", rf"rubygems_{_HEX}{{48}}\b", "rubygems_"),
    _row("SendGrid key", rf"SG\.{_B}{{22}}\.{_B}{{43}}", "SG."),
    _row("Sentry token", r"sntry[su]_[A-Za-z0-9+/=_]{60}", "sntrys_", "sntryu_"),
    _row("Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", "shpat_", "shpca_", "shppa_", "shpss_"),
    _row("Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{20}|xapp-\d-[A-Za-z0-9-]{30}", "xox", "xapp-"),
    _row(
        "Slack webhook",
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{30}",
        "hooks.slack.com/",
    ),
    _row("Sourcegraph token", rf"sgp_(?:{_HEX}{{16}}_|local_)?{_HEX}{{40}}\b", "sgp_"),
    _row("Square token", rf"sq0(?:atp|csp|idp)-{_B}{{22,60}}", "sq0"),
    _row("Stripe key", rf"(?:sk|rk)_(?:live|test|prod)_{_A}{{16}}|whsec_[A-Za-z0-9+/]{{32}}", "sk_", "rk_", "whsec_"),
    _row("Supabase token", rf"sb(?:p_{_HEX}{{40}}\b|_secret_{_B}{{22,60}})", "sbp_", "sb_secret_"),
    _row("Tailscale key", rf"tskey-(?:auth|api|client|webhook|scim)-{_A}{{8,20}}(?:CNTRL)?-{_A}{{20,60}}", "tskey-"),
    _row("Telegram bot token", rf"\d{{8,10}}:AA{_B}{{33}}(?!{_B})", ":AA"),
    _row("Terraform token", rf"{_A}{{14}}\.atlasv1\.{_B}{{60,70}}", ".atlasv1."),
    _row("Twilio key", rf"SK{_HEX}{{32}}\b", "SK"),
    _row("Vault token", rf"hv[sbr]\.{_B}{{24}}", "hvs.", "hvb.", "hvr."),
    _row("xAI key", rf"xai-{_A}{{70,90}}", "xai-"),
    _row("Yandex Cloud key", rf"AQVN{_B}{{35,38}}(?!{_B})", "AQVN"),
    _row("JSON web token", rf"eyJ{_B}{{10,2000}}\.eyJ{_B}{{8,4000}}\.{_B}{{16}}", "eyJ", before="A-Za-z0-9_-"),
    _row(
        "encrypted JSON web token",
        rf"eyJ{_B}{{16,2000}}\.{_B}{{0,1500}}\.{_B}{{12,64}}\.{_B}{{16,4000}}\.{_B}{{16}}",
        "eyJ",
        before="A-Za-z0-9_-",
    ),
    _row(
        "password in an address",
        r"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|smtps?|imaps?|ftps?|sftp|ssh|https?)://[^\s/:@]{1,100}:[^\s/@<>*]{4,200}@[\w.-]{3,200}",
        "://",
    ),
)

PRIVATE_KEY = re.compile(
    r"-----BEGIN[ A-Z0-9]{0,30} ?PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY"
    r"|PuTTY-User-Key-File-\d:|\bb3BlbnNzaC1rZXktdjEA[A-Za-z0-9+/]{20}"
)
KEY_WORDS = ("PRIVATE KEY", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjEA")
