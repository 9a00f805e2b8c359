"""Asks a question with one vendor's SDK, and prints what came back: parsed by the SDK, and as bytes off the socket.

Runs in the environment of the SDKs, without the rest of the repo:

    python sdks.py URL ASK TEXT        ASK: a name in ASKS

Prints {"parsed": ..., "answers": [{"status", "headers", "body"}, ...]}; bodies are in base64, without their framing.
"""

import base64
import json
import socket
import sys
from typing import Any

received: dict[int, bytearray] = {}  # by socket


def main() -> None:
    url, name, text = sys.argv[1:]
    _record()
    parsed = ASKS[name](url, text)
    print(json.dumps({"parsed": parsed, "answers": [] if name.endswith("websocket") else _answers()}))


def openai_chat(url: str, text: str, **more: Any) -> Any:
    import openai

    return _chat(openai.OpenAI(api_key="x", base_url=f"{url}/v1"), text, **more)


def openai_chat_stream(url: str, text: str) -> Any:
    return openai_chat(url, text, stream=True, stream_options={"include_usage": True})


def azure_chat(url: str, text: str, **more: Any) -> Any:
    import openai

    return _chat(openai.AzureOpenAI(api_key="x", azure_endpoint=url, api_version="2024-10-21"), text, **more)


def azure_chat_stream(url: str, text: str) -> Any:
    return azure_chat(url, text, stream=True)


def _chat(client: Any, text: str, **more: Any) -> Any:
    return _dumped(client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}], **more))


def openai_responses(url: str, text: str, **more: Any) -> Any:
    import openai

    return _dumped(openai.OpenAI(api_key="x", base_url=f"{url}/v1").responses.create(model="m", input=text, **more))


def openai_responses_stream(url: str, text: str) -> Any:
    return openai_responses(url, text, stream=True)


def azure_responses(url: str, text: str) -> Any:
    import openai

    client = openai.AzureOpenAI(api_key="x", azure_endpoint=url, api_version="2025-04-01-preview")
    return _dumped(client.responses.create(model="m", input=text))


def openai_responses_websocket(url: str, text: str) -> Any:
    import openai

    client = openai.OpenAI(api_key="x", base_url=f"{url}/v1")
    with client.responses.connect() as connection:
        connection.send({"type": "response.create", "model": "m", "input": text, "stream": True})
        events = []
        for event in connection:
            events.append(event.model_dump(mode="json"))
            if event.type == "response.completed":
                return events
    return events


def anthropic_messages(url: str, text: str, **more: Any) -> Any:
    import anthropic

    client = anthropic.Anthropic(api_key="x", base_url=url)
    asked: Any = [{"role": "user", "content": text}]
    return _dumped(client.messages.create(model="m", max_tokens=64, messages=asked, **more))


def anthropic_messages_stream(url: str, text: str) -> Any:
    return anthropic_messages(url, text, stream=True)


def _gemini(url: str) -> Any:
    from google import genai

    return genai.Client(api_key="x", http_options={"base_url": url})


def gemini_generate(url: str, text: str) -> Any:
    client = _gemini(url)  # it closes its connections when nobody holds it
    return _dumped(client.models.generate_content(model="m", contents=text))


def gemini_generate_stream(url: str, text: str) -> Any:
    client = _gemini(url)
    return _dumped(client.models.generate_content_stream(model="m", contents=text))


def _bedrock(url: str) -> Any:
    import boto3

    secret = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    return boto3.client("bedrock-runtime", endpoint_url=url, **secret)


BEDROCK_MODEL = "anthropic.claude-x:0"


def bedrock_converse(url: str, text: str) -> Any:
    asked = [{"role": "user", "content": [{"text": text}]}]
    answer = _bedrock(url).converse(modelId=BEDROCK_MODEL, messages=asked)
    return {name: answer[name] for name in ("output", "stopReason", "usage")}


def bedrock_converse_stream(url: str, text: str) -> Any:
    asked = [{"role": "user", "content": [{"text": text}]}]
    return list(_bedrock(url).converse_stream(modelId=BEDROCK_MODEL, messages=asked)["stream"])


def _invoked(text: str) -> str:
    asked = [{"role": "user", "content": text}]
    return json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 64, "messages": asked})


def bedrock_invoke(url: str, text: str) -> Any:
    return json.loads(_bedrock(url).invoke_model(modelId=BEDROCK_MODEL, body=_invoked(text))["body"].read())


def bedrock_invoke_stream(url: str, text: str) -> Any:
    answer = _bedrock(url).invoke_model_with_response_stream(modelId=BEDROCK_MODEL, body=_invoked(text))
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


def ollama_chat(url: str, text: str, **more: Any) -> Any:
    import ollama

    asked = [{"role": "user", "content": text}]
    return _dumped(ollama.Client(host=url).chat(model="m", messages=asked, **more))


def ollama_chat_stream(url: str, text: str) -> Any:
    return ollama_chat(url, text, stream=True)


def ollama_generate(url: str, text: str, **more: Any) -> Any:
    import ollama

    return _dumped(ollama.Client(host=url).generate(model="m", prompt=text, **more))


def ollama_generate_stream(url: str, text: str) -> Any:
    return ollama_generate(url, text, stream=True)


def cohere_first(url: str, text: str) -> Any:
    import cohere

    return _dumped(cohere.Client(api_key="x", base_url=url).chat(model="m", message=text))


def cohere_first_stream(url: str, text: str) -> Any:
    import cohere

    return _dumped(cohere.Client(api_key="x", base_url=url).chat_stream(model="m", message=text))


def cohere_second(url: str, text: str) -> Any:
    import cohere

    asked: Any = [{"role": "user", "content": text}]
    return _dumped(cohere.ClientV2(api_key="x", base_url=url).chat(model="m", messages=asked))


def cohere_second_stream(url: str, text: str) -> Any:
    import cohere

    asked: Any = [{"role": "user", "content": text}]
    return _dumped(cohere.ClientV2(api_key="x", base_url=url).chat_stream(model="m", messages=asked))


def _mistral(url: str) -> Any:
    from mistralai.client import Mistral

    return Mistral(api_key="x", server_url=f"{url}/mistral")


def mistral_chat(url: str, text: str) -> Any:
    return _dumped(_mistral(url).chat.complete(model="m", messages=[{"role": "user", "content": text}]))


def mistral_chat_stream(url: str, text: str) -> Any:
    return _dumped(_mistral(url).chat.stream(model="m", messages=[{"role": "user", "content": text}]))


def mistral_agents(url: str, text: str) -> Any:
    return _dumped(_mistral(url).agents.complete(agent_id="a", messages=[{"role": "user", "content": text}]))


def mistral_agents_stream(url: str, text: str) -> Any:
    return _dumped(_mistral(url).agents.stream(agent_id="a", messages=[{"role": "user", "content": text}]))


def mistral_fim(url: str, text: str) -> Any:
    return _dumped(_mistral(url).fim.complete(model="m", prompt=text, suffix="return total"))


ASKS = {
    "openai-chat": openai_chat,
    "openai-chat-stream": openai_chat_stream,
    "azure-chat": azure_chat,
    "azure-chat-stream": azure_chat_stream,
    "openai-responses": openai_responses,
    "openai-responses-stream": openai_responses_stream,
    "openai-responses-websocket": openai_responses_websocket,
    "azure-responses": azure_responses,
    "anthropic-messages": anthropic_messages,
    "anthropic-messages-stream": anthropic_messages_stream,
    "gemini-generate": gemini_generate,
    "gemini-generate-stream": gemini_generate_stream,
    "bedrock-converse": bedrock_converse,
    "bedrock-converse-stream": bedrock_converse_stream,
    "bedrock-invoke": bedrock_invoke,
    "bedrock-invoke-stream": bedrock_invoke_stream,
    "ollama-chat": ollama_chat,
    "ollama-chat-stream": ollama_chat_stream,
    "ollama-generate": ollama_generate,
    "ollama-generate-stream": ollama_generate_stream,
    "cohere-v1": cohere_first,
    "cohere-v1-stream": cohere_first_stream,
    "cohere-v2": cohere_second,
    "cohere-v2-stream": cohere_second_stream,
    "mistral-chat": mistral_chat,
    "mistral-chat-stream": mistral_chat_stream,
    "mistral-agents": mistral_agents,
    "mistral-agents-stream": mistral_agents_stream,
    "mistral-fim": mistral_fim,
}


def _dumped(answer: Any) -> Any:
    """Write an answer, or each piece of a stream, as JSON would have it."""
    if hasattr(answer, "model_dump"):
        return answer.model_dump(mode="json", exclude={"sdk_http_response"})
    if hasattr(answer, "dict"):
        return answer.dict()
    return [_dumped(each) for each in answer]


def _record() -> None:
    """Keep all that any socket receives."""
    plain = socket.socket
    recv, recv_into = plain.recv, plain.recv_into

    def keep_recv(self: socket.socket, *given: Any) -> bytes:
        data = recv(self, *given)
        received.setdefault(id(self), bytearray()).extend(data)
        return data

    def keep_recv_into(self: socket.socket, buffer: Any, *given: Any) -> int:
        count = recv_into(self, buffer, *given)
        received.setdefault(id(self), bytearray()).extend(memoryview(buffer)[:count])
        return count

    plain.recv, plain.recv_into = keep_recv, keep_recv_into  # type: ignore[method-assign,assignment]


def _answers() -> list[dict[str, Any]]:
    """Take the framing off what was received. Connections are as many as the SDK opened, each with one answer."""
    import h11

    found = []
    for data in received.values():
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
        connection.send(h11.EndOfMessage())
        connection.receive_data(bytes(data))
        body, status, headers = b"", 0, {}
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                break
        found.append({"status": status, "headers": headers, "body": base64.b64encode(body).decode()})
    return found


if __name__ == "__main__":
    main()
