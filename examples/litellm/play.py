"""Calls the callback as LiteLLM's documentation says that LiteLLM does, without LiteLLM: python3 play.py localhost:9092 1000"""

import asyncio
import random
import sys
import types
from datetime import datetime, timedelta

# The interface of litellm.integrations.custom_logger, as far as the callback uses it.
stand_in = types.ModuleType("litellm.integrations.custom_logger")
stand_in.CustomLogger = object
sys.modules.update({name: types.ModuleType(name) for name in ("litellm", "litellm.integrations")})
sys.modules[stand_in.__name__] = stand_in

from streamagg_callback import StreamAggLogger  # noqa: E402


class RateLimitError(Exception):
    status_code, llm_provider = 429, "openai"


class Timeout(Exception):
    status_code, llm_provider = 408, "anthropic"


def call(provider, exception=None):
    """The arguments of LiteLLM's log events."""
    end = datetime.now()
    start = end - timedelta(milliseconds=random.lognormvariate(7, 0.5))
    kwargs = {"model": "large-3", "custom_llm_provider": provider, "standard_logging_object": {"custom_llm_provider": provider}}
    return {**kwargs, "exception": exception}, None, start, end


async def main(bootstrap_servers, requests):
    sdk = StreamAggLogger(bootstrap_servers, is_proxy=False)
    proxy = StreamAggLogger(bootstrap_servers, is_proxy=True)
    for i in range(requests):
        await proxy.async_log_success_event(*call(("openai", "anthropic", "bedrock")[i % 3]))
    sdk.log_success_event(*call("openai"))
    sdk.log_failure_event(*call("openai", RateLimitError("slow down")))
    # Two attempts of one request of a proxy fail, then the request.
    for _ in range(2):
        await proxy.async_log_failure_event(*call("anthropic", Timeout("no answer")))
    await proxy.async_post_call_failure_hook({"model": "large-3"}, Timeout("no answer"), None)
    left = sdk.producer.flush(30) + proxy.producer.flush(30)
    print(f"{requests + 1} requests succeeded, 2 failed; {left} events not delivered, {sdk.lost + proxy.lost} lost")


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
