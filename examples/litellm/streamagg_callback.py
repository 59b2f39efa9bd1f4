"""Sends each request of LiteLLM, as an SDK or as a proxy, to StreamAgg's topics: idempotent, acknowledged by all replicas, without prompts."""

import atexit
import json
import logging
import os

from confluent_kafka import Producer
from litellm.integrations.custom_logger import CustomLogger

log = logging.getLogger("streamagg")


class StreamAggLogger(CustomLogger):
    """One event a request. In a proxy retries and fallbacks are no requests of their own: what its client was answered counts."""

    def __init__(self, bootstrap_servers, is_proxy, usage_topic="gateway.usage", error_topic="gateway.errors"):
        super().__init__()
        self.is_proxy, self.usage_topic, self.error_topic, self.lost = is_proxy, usage_topic, error_topic, 0
        self.producer = Producer({
            "bootstrap.servers": bootstrap_servers,
            "enable.idempotence": True,  # a repeated send is in the log once
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 20,
            "message.timeout.ms": 120_000,
        })
        atexit.register(self.producer.flush, 10)

    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        self._send(self.usage_topic, start_time, {
            "platform": _platform(kwargs),
            # LiteLLM's own response_time is the time to the first token where an answer is streamed.
            "duration_ms": round((end_time - start_time).total_seconds() * 1000, 3),
        })

    def log_failure_event(self, kwargs, response_obj, start_time, end_time):
        # A proxy's router logs each attempt here. Its request has failed when the hook below is called.
        if not self.is_proxy:
            self._send_error(start_time, kwargs.get("exception"), _platform(kwargs))

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.log_success_event(kwargs, response_obj, start_time, end_time)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.log_failure_event(kwargs, response_obj, start_time, end_time)

    async def async_post_call_failure_hook(self, request_data, original_exception, user_api_key_dict, traceback_str=None):
        # LiteLLM tells no start here: without a created_at the record's own time, which is now, counts.
        self._send_error(None, original_exception, getattr(original_exception, "llm_provider", None))

    def _send_error(self, start_time, exception, platform):
        # The message is left out: providers repeat prompts in it. Status and class tell a timeout (408, 504, Timeout).
        status = str(getattr(exception, "status_code", None) or "")
        self._send(self.error_topic, start_time, {
            "platform": platform,
            "status_code": int(status) if status.isdigit() else None,
            "error_type": type(exception).__name__ if exception is not None else None,
        })

    def _send(self, topic, start_time, event):
        if start_time is not None:
            event["created_at"] = int(start_time.timestamp() * 1000)  # LiteLLM's times have no zone: as text they would be refused
        try:
            # No key: the client spreads records over all partitions, in large batches.
            self.producer.produce(topic, json.dumps(event).encode(), on_delivery=self._delivered)
        except BufferError:
            self._lose("the producer's queue is full")
        self.producer.poll(0)

    def _delivered(self, error, message):
        if error is not None:
            self._lose(error)

    def _lose(self, reason):
        self.lost += 1
        log.error("an event was lost, %d so far: %s", self.lost, reason)


def _platform(kwargs):
    payload = kwargs.get("standard_logging_object") or {}
    return payload.get("custom_llm_provider") or kwargs.get("custom_llm_provider")


# What a proxy's configuration names: litellm_settings: { callbacks: streamagg_callback.proxy_logger }
if "STREAMAGG_PROXY_BOOTSTRAP" in os.environ:
    proxy_logger = StreamAggLogger(os.environ["STREAMAGG_PROXY_BOOTSTRAP"], is_proxy=True)
