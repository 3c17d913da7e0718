"""How WeChat Pay APIv3 proves who speaks: requests and answers signed with RSA, notifications sealed with AES-GCM.

WECHATPAY2-SHA256-RSA2048: RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017 8.2) of method, path, time, nonce and body, a line
each; answers and notifications the same over time, nonce and body, with WeChat's own key. A notification's content is
AEAD_AES_256_GCM (RFC 5116) under the merchant's APIv3 key. Names travel as RSAES-OAEP with SHA-1, which WeChat
prescribes. Sources: pay.weixin.qq.com doc/v3/merchant 4012365336 (signing), 4012365335 (verifying), 4012071382
(notifications), 4013053257 (sensitive fields).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEME = "WECHATPAY2-SHA256-RSA2048"
_LEAST_BITS = 2048
_V3_KEY = 32
_SKEW_S = 300  # WeChat: a time more than five minutes off is a replay


class UnprovedError(Exception):
    """What came is not proved to be WeChat's own and fresh."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the house and WeChat know each other by.

    Attributes:
        merchant: 商户号.
        serial: of the certificate that belongs to ``private``.
        platform_id: 微信支付公钥ID, or the serial of the platform's certificate; answers name it.
        v3: the APIv3 key, 32 bytes.
    """

    merchant: str
    serial: str
    private: RSAPrivateKey = field(repr=False)
    platform_id: str
    platform: RSAPublicKey = field(repr=False)
    v3: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.private.key_size < _LEAST_BITS or self.platform.key_size < _LEAST_BITS:
            raise InputError(field="wechat_pay", problem="has a key of less than 2048 bits", fix="Take WeChat's.")
        if len(self.v3) != _V3_KEY:
            raise InputError(
                field="PIPEWARDEN_WECHAT_PAY_V3_KEY", problem="is not 32 characters", fix="Copy it as it was set."
            )


def read_private(pem: bytes, name: str) -> RSAPrivateKey:
    """Return the merchant's key of a PEM file (``apiclient_key.pem``).

    Raises:
        InputError: it is no RSA private key without a password.
    """
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise InputError(field=name, problem="is no private key in PEM", fix="Name apiclient_key.pem.") from error
    if not isinstance(key, RSAPrivateKey):
        raise InputError(field=name, problem="is no RSA key", fix="Name apiclient_key.pem.")
    return key


def read_public(pem: bytes, name: str) -> RSAPublicKey:
    """Return WeChat's key of a PEM file: ``pub_key.pem``, or the platform's certificate.

    Raises:
        InputError: it is neither.
    """
    try:
        holds = pem.lstrip().startswith(b"-----BEGIN CERTIFICATE")
        key = load_pem_x509_certificate(pem).public_key() if holds else load_pem_public_key(pem)
    except ValueError as error:
        raise InputError(field=name, problem="is no public key in PEM", fix="Name WeChat's pub_key.pem.") from error
    if not isinstance(key, RSAPublicKey):
        raise InputError(field=name, problem="is no RSA key", fix="Name WeChat's pub_key.pem.")
    return key


def authorization(keys: Keys, method: str, path: str, body: bytes, *, at_s: int, nonce: str) -> str:
    """Return the ``Authorization`` of a request.

    Args:
        keys: the house's.
        method: upper case.
        path: with its query.
        body: as it is sent; empty for GET.
        at_s: seconds since 1970.
        nonce: never used before.
    """
    said = b"\n".join([method.encode(), path.encode(), str(at_s).encode(), nonce.encode(), body, b""])
    signed = base64.b64encode(keys.private.sign(said, PKCS1v15(), SHA256())).decode()
    return (
        f'{SCHEME} mchid="{keys.merchant}",nonce_str="{nonce}",signature="{signed}",'
        f'timestamp="{at_s}",serial_no="{keys.serial}"'
    )


def prove(keys: Keys, headers: Mapping[str, str], body: bytes, *, at_s: int) -> None:
    """Return when an answer or a notification is WeChat's own and not older than five minutes.

    Raises:
        UnprovedError: its key is another, its time is off, or its signature does not fit.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if lower.get("wechatpay-serial", "") != keys.platform_id:
        raise UnprovedError("is signed with a key that is not known here")
    when, nonce = lower.get("wechatpay-timestamp", ""), lower.get("wechatpay-nonce", "")
    if not (when.isascii() and when.isdigit() and len(when) <= 12) or abs(int(when) - at_s) > _SKEW_S:  # noqa: PLR2004  digits
        raise UnprovedError("is more than five minutes off")
    try:
        signature = base64.b64decode(lower.get("wechatpay-signature", ""), validate=True)
        said = b"\n".join([when.encode(), nonce.encode(), body, b""])
        keys.platform.verify(signature, said, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:  # of a header that is no base64, or not even ASCII
        raise UnprovedError("has a signature that does not fit") from error


def opened(keys: Keys, nonce: str, associated: str, ciphertext: str) -> bytes:
    """Return the content of a notification.

    Raises:
        UnprovedError: it does not open under our key.
    """
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(keys.v3).decrypt(nonce.encode(), sealed, associated.encode())
    except (InvalidTag, ValueError) as error:
        raise UnprovedError("does not open") from error


def hidden(keys: Keys, plain: str) -> str:
    """Return a real name as WeChat wants it: readable to it alone, and never the same twice."""
    sha1 = SHA1()  # noqa: S303  OAEP's hash as WeChat prescribes it; OAEP does not rest on collisions
    padding = OAEP(mgf=MGF1(algorithm=sha1), algorithm=sha1, label=None)
    return base64.b64encode(keys.platform.encrypt(plain.encode(), padding)).decode()
