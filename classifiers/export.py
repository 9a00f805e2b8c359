"""Writes a network as int8 ONNX, so that running it needs no torch. Needs the `train` extra."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from classifiers.network import Network
from classifiers.tokens import pad

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(network: Network, target: Path) -> None:
    """Write `network` to `target`, weights as int8 with a scale for each column."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        write_plain(network, plain)
        quantize_dynamic(
            plain, target, per_channel=True, weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True}
        )


def write_plain(network: Network, target: Path) -> None:
    """Write `network` as it is, float32."""
    feed: Any = pad([([101, 2054, 2003, 102, 2023, 102], 4), ([101, 2023, 102], 3)])
    axes = {name: {0: "n", 1: "length"} for name in INPUTS}
    torch.onnx.export(
        network.eval(),
        tuple(torch.from_numpy(feed[name]) for name in INPUTS),
        str(target),
        input_names=list(INPUTS),
        output_names=["outputs", "embeddings"],
        dynamic_axes={**axes, "outputs": {0: "n"}, "embeddings": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
