"""The broker, by URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from dramatiq import Broker
from dramatiq.brokers.stub import StubBroker

from franchise_sync.errors import ConfigurationError

#: Seconds for one command of the broker.
_TIMEOUT = 5.0


def open_broker(url: str, namespace: str = "franchise-sync") -> Broker:
    """:param url: redis://, rediss://, unix:// (Redis or Valkey), amqp:// or amqps:// (RabbitMQ), stub://
    (tests)
    :return: a broker without middleware: no retries, no delays, no age limit, no results. When to try again
        is
        decided by our Odoo's outbox, and a wake-up that is lost is made up for by the next look at it.
    :raise ConfigurationError: the URL isn't usable
    """
    scheme = urlsplit(url).scheme
    try:
        if scheme in ("redis", "rediss", "unix"):
            import redis

            from franchise_sync.queue.redis_broker import SoundRedisBroker

            client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
            return SoundRedisBroker(client=client, namespace=namespace, middleware=[])
        if scheme in ("amqp", "amqps"):
            from dramatiq.brokers.rabbitmq import RabbitmqBroker

            return RabbitmqBroker(url=url, middleware=[])
        if scheme == "stub":
            return StubBroker(middleware=[])
    except ImportError:
        raise ConfigurationError(
            f"The broker URL starts with {scheme}:// but its client is not installed: "
            "pip install 'franchise-sync[rabbitmq]'."
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"FRANCHISE_SYNC_BROKER_URL is not usable: {error}.") from None
    raise ConfigurationError(
        "FRANCHISE_SYNC_BROKER_URL must start with redis://, rediss://, unix://, amqp:// or amqps:// "
        f"(found {scheme!r})."
    )


def waiting(broker: Broker, queue: str) -> int:
    """:return: number of messages in the queue that nobody has fetched yet
    :raise Exception: the broker can't be reached
    """
    if hasattr(broker, "client"):
        return int(broker.client.llen(f"{broker.namespace}:{queue}"))
    if hasattr(broker, "get_queue_message_counts"):
        try:
            return int(broker.get_queue_message_counts(queue)[0])
        except Exception:
            del broker.connection  # the next look opens a new one
            raise
    return int(broker.queues[queue].qsize()) if queue in broker.queues else 0


def ping(url: str) -> None:
    """:raise ConfigurationError: nobody answers there, or it refuses us"""
    broker = open_broker(url)
    try:
        if hasattr(broker, "client"):
            broker.client.ping()
        elif hasattr(broker, "connection"):
            _ = broker.connection
    except Exception as error:
        words = " ".join(str(error).split())[:200]
        raise ConfigurationError(
            f"The broker of FRANCHISE_SYNC_BROKER_URL can't be used: {words or error.__class__.__name__}."
        ) from None
    finally:
        broker.close()
