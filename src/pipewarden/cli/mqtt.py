"""``pipewarden mqtt``: hear devices over a broker until SIGTERM."""

from __future__ import annotations

import signal
import threading

from pipewarden.cli.output import note, told_errors


def mqtt() -> None:
    """Hear devices on pw/v1/TENANT/DEVICE/alarm until SIGTERM or SIGINT.

    The broker is named by PIPEWARDEN_MQTT_URL (mqtts://host:8883), its user and password by PIPEWARDEN_MQTT_USER and
    PIPEWARDEN_MQTT_PASSWORD. A message is acknowledged after it is on disk; what is not acknowledged comes again. Give
    each process that hears the same broker a PIPEWARDEN_MQTT_CLIENT_ID of its own.
    """
    with told_errors(as_json=False):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import mqtt as use
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure

        settings = load_settings()
        configure(settings.log_level)
        broker = use.broker(settings)
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        with open_home(settings) as home:
            note(f"hearing {broker.host}:{broker.port} as {broker.client_id}")
            use.run(home, stopping)
