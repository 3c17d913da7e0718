"""Everything the environment may decide, in one frozen place; no default is a secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipewarden.kit.errors import InputError

AnySettings = TypeVar("AnySettings", bound="Settings")


def default_home() -> Path:
    """Return where data lives when ``PIPEWARDEN_HOME`` is not set: the user's data folder, or /var/lib for root."""
    if os.geteuid() == 0:
        return Path("/var/lib/pipewarden")
    return Path.home() / ".local" / "share" / "pipewarden"


class Settings(BaseSettings):
    """Settings read from ``PIPEWARDEN_*`` variables."""

    model_config = SettingsConfigDict(env_prefix="PIPEWARDEN_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=default_home, description="Folder of database, pictures and secrets.")
    database_url: str | None = Field(
        default=None, description="postgresql:// URL of the app role; the embedded server is used when empty."
    )
    database_owner_url: str | None = Field(
        default=None, description="postgresql:// URL of the owner role, for migrations; the app's URL when empty."
    )
    tenant: str = Field(default="default", description="Key of the tenant that commands act for.")
    log_level: str = Field(default="WARNING", description="Least level of log lines on stderr.")
    log_form: Literal["auto", "json", "console"] = Field(
        default="auto", description="How lines are written: json, console (words), or auto: words on a terminal only."
    )
    judge: Literal["local", "human", "openai"] | None = Field(
        default=None,
        description="Who looks again where no scene rule decides: local (crop verifier), human, openai (the vision "
        "endpoint). When empty: openai where PIPEWARDEN_VISION_URL is set, else local.",
    )
    threads: int = Field(default=2, ge=1, le=64, description="Threads of one inference session.")
    corridor_tiles: bool = Field(
        default=False,
        description="Look at each camera's corridor (drawn, else projected from the pipes) in full resolution too. "
        "Costs up to six more calls of the screen for each picture.",
    )
    vision_url: str | None = Field(
        default=None,
        description="Base address of an OpenAI-compatible endpoint that takes pictures, like https://host/v1; "
        "without it no model is asked as second judge.",
    )
    vision_model: str | None = Field(default=None, description="Name by which that endpoint knows the model.")
    vision_key: SecretStr | None = Field(default=None, description="Key of that endpoint; never logged, never stored.")
    vision_price_prompt: int | None = Field(
        default=None,
        ge=0,
        le=10**9,
        description="Price of a million tokens that go in, in 0.0001 yuan; 0 for your own machine.",
    )
    vision_price_completion: int | None = Field(
        default=None, ge=0, le=10**9, description="Price of a million tokens that come out, in 0.0001 yuan."
    )
    vision_timeout_s: float = Field(
        default=20.0, gt=0, le=120, description="Seconds for one question, its repair included."
    )
    vision_kept_days: int = Field(
        default=90,
        ge=8,
        le=3650,
        description="Days that a question to that endpoint stays on record with its answer, for replay; one that an "
        "open review or audit rests on stays longer. At least 8: the record answers again for 7.",
    )
    vision_profile: str | None = Field(
        default=None, description="Entry of policy/vision/models.yaml, when the model's name does not tell."
    )
    vision_ca: Path | None = Field(default=None, description="PEM file of the authority that signed the endpoint.")
    vision_plain_http: bool = Field(
        default=False, description="Let pictures go to another machine without TLS, on a network of your own."
    )
    mqtt_url: str | None = Field(
        default=None, description="Broker that devices speak through, like mqtts://host:8883; for `pipewarden mqtt`."
    )
    mqtt_user: str | None = Field(default=None, description="Name by which that broker knows Pipewarden.")
    mqtt_password: SecretStr | None = Field(default=None, description="Its password; never logged, never stored.")
    mqtt_ca: Path | None = Field(default=None, description="PEM file of the authority that signed the broker.")
    mqtt_thingsboard_tenant: str | None = Field(
        default=None,
        description="Key of the tenant whose devices speak there by ThingsBoard's own topics; none are heard without.",
    )
    mqtt_client_id: str = Field(
        default="pipewarden", min_length=1, max_length=64, description="Session that the broker keeps; one a process."
    )
    mqtt_plain: bool = Field(
        default=False, description="Let messages come from another machine without TLS, on a network of your own."
    )
    public_url: str | None = Field(
        default=None,
        description="How people outside reach this house, like https://gas.example.org; without it messages carry no "
        "links, nobody can acknowledge from one, and documents carry no code to be verified by.",
    )
    outbound_open: str = Field(
        default="",
        description="Networks that are not public and that messages and webhooks may go to, like 10.20.0.0/16, with "
        "commas between them; acme@10.30.0.0/16 is open to the tenant acme alone.",
    )
    basemaps: Path | None = Field(
        default=None,
        description="YAML file of the base maps that the map page may draw (docs/gis.md); it is whole without any.",
    )
    camera_open: str = Field(
        default="",
        description="Networks that are not public and that watched cameras may lie in, written like those of "
        "PIPEWARDEN_OUTBOUND_OPEN; an address elsewhere in a network of your own is not looked at.",
    )
    audit_anchors: Path | None = Field(
        default=None,
        description="Folder on another machine, best one that lets nobody change a file, where signed ends of the "
        "audit chains go every ten minutes; without it a chain that was cut is found only by a subscription's copies.",
    )
    mail_host: str | None = Field(
        default=None, description="Server that takes our mail; without it e-mail is not used."
    )
    mail_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    mail_mode: Literal["starttls", "ssl", "insecure"] = Field(
        default="starttls", description="How the connection to it is protected."
    )
    mail_sender: str = Field(default="", description="Address that our mail comes from; needed with a mail server.")
    mail_user: str | None = Field(default=None, description="Name by which that server knows us.")
    mail_password: SecretStr | None = Field(default=None, description="Its password; never logged, never stored.")
    sms_url: str | None = Field(
        default=None,
        description="Gateway of your own that sends text messages: gets {to, text}, signed; without it there are none.",
    )
    sms_secret: SecretStr | None = Field(
        default=None, description="whsec_ key that signs what goes to it; never logged, never stored."
    )
    metrics_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key that /metrics and /statusz ask for (Authorization: Bearer …); without it there is neither.",
    )
    heartbeat_url: SecretStr | None = Field(
        default=None,
        description="Address outside that is told every minute that the house lives, like that of a dead man's check; "
        "`pipewarden watchdog` posts to it.",
    )
    wecom_url: str | None = Field(
        default=None,
        description="Gateway that stands for WeCom's own address, in a government's or a company's network.",
    )
    dingtalk_url: str | None = Field(default=None, description="The same for DingTalk.")
    feishu_url: str | None = Field(default=None, description="The same for Feishu.")
    wechat_pay_merchant: str | None = Field(
        default=None,
        description="WeChat Pay's 商户号, from which people are paid; with its fellows below all or none is set, and "
        "without them nothing is paid out.",
    )
    wechat_pay_app: str | None = Field(default=None, description="AppID under which the people's openids were given.")
    wechat_pay_serial: str | None = Field(default=None, description="Serial number of the merchant's certificate.")
    wechat_pay_key: Path | None = Field(default=None, description="The merchant's private key, apiclient_key.pem.")
    wechat_pay_v3_key: SecretStr | None = Field(
        default=None, description="The merchant's APIv3 key, 32 characters; never logged, never stored."
    )
    wechat_pay_public_key: Path | None = Field(default=None, description="WeChat Pay's public key, pub_key.pem.")
    wechat_pay_public_key_id: str | None = Field(default=None, description="Its id, like PUB_KEY_ID_…")
    wechat_pay_scene: str | None = Field(default=None, description="转账场景ID that WeChat granted, like 1005.")
    wechat_pay_report: str | None = Field(
        default=None, description="What WeChat wants to know of the scene: 岗位类型=…;报酬说明=…, as it was granted."
    )
    wechat_pay_url: str | None = Field(
        default=None, description="Address that stands for WeChat Pay's own, for a proxy or a test; https."
    )


def load_settings() -> Settings:
    """Return the settings of the environment; raises as :func:`load`."""
    return load(Settings)


def load(kind: type[AnySettings]) -> AnySettings:
    """Return the settings of the environment as a wider class of settings reads them.

    Raises:
        InputError: a variable has a value that cannot be; the field names it.
    """
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise InputError(field=f"PIPEWARDEN_{name}", problem=str(first["msg"]), fix="Correct or unset it.") from error
