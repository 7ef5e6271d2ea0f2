"""Follows streams with gql, over one websocket for all of them; connects again when it is lost.

Takes {"stream", "query", "variables"} on standard input, a line each, and {"token"} as answer to its {"token": true}.
"""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.websockets import WebsocketsTransport


def tell(**message):
    print(json.dumps(message), flush=True)


async def follow(session, stream):
    """Follows until the connection is lost, then knows where to go on."""
    request = gql(stream["query"])
    request.variable_values = stream["variables"]
    try:
        async for data in session.subscribe(request):
            (item,) = data.values()
            stream["variables"]["after"] = item["cursor"]
            tell(stream=stream["stream"], item=item)
    except TransportQueryError as error:
        stream["done"] = True
        tell(stream=stream["stream"], failed=[each["extensions"]["code"] for each in error.errors])


def close_code(error):
    """The code that the server closed with; gql keeps it in the cause."""
    return error.__cause__.rcvd.code if getattr(error.__cause__, "rcvd", None) else 1006


async def talk(url, tokens, asked):
    streams = []
    while True:
        tell(token=True)
        token = await tokens.get()
        transport = WebsocketsTransport(url=url, init_payload={"authorization": f"Bearer {token}"})
        try:
            async with Client(transport=transport) as session:
                async with asyncio.TaskGroup() as running:
                    for stream in streams:
                        if "done" not in stream:
                            running.create_task(follow(session, stream))
                    while True:
                        stream = await asked.get()
                        streams.append(stream)
                        running.create_task(follow(session, stream))
        except* TransportConnectionFailed as lost:
            error = lost
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            tell(lost=close_code(error))
            await asyncio.sleep(0.1)


async def main(url):
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tokens, asked = asyncio.Queue(), asyncio.Queue()
    talking = asyncio.create_task(talk(url, tokens, asked))
    async for line in reader:
        message = json.loads(line)
        if "token" in message:
            tokens.put_nowait(message["token"])
        else:
            asked.put_nowait(message)
    if talking.done():
        talking.result()
    talking.cancel()


asyncio.run(main(sys.argv[1]))
