"""Dramatiq's Redis broker, but an undecodable message costs a line in the log and nothing else.

As it comes, such a message breaks the consumer, which starts anew after three seconds, and is handed out
again and again, for ever.
"""

from __future__ import annotations

from typing import Any

from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import DecodeError

from franchise_sync import log, metrics

_log = log.get(__name__)


class SoundRedisBroker(RedisBroker):
    """See the module."""

    @property
    def consumer_class(self) -> type[_RedisConsumer]:
        return SoundRedisConsumer


class SoundRedisConsumer(_RedisConsumer):
    """Takes away what can't be decoded, and goes on with the next message."""

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except DecodeError:
            self._take_away()
            return None

    def _take_away(self) -> None:
        # Whose id it had is told by nothing but the place where it is kept.
        kept = f"{self.broker.namespace}:{self.queue_name}.msgs"
        for number, data in self.broker.client.hscan_iter(kept):
            try:
                Message.decode(data)
            except DecodeError:
                self.broker.do_ack(self.queue_name, number)
                metrics.FAILURES.labels("decode", "DecodeError").inc()
                _log.warning("a message of the broker can't be decoded and is dropped", bytes=len(data))
