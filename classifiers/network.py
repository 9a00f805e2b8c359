"""The encoder with its heads in torch: fine-tuned end to end on labelled turns. Needs the `train` extra.

It leaves out the files it becomes (`export`) and what is stacked on top (`training`).
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifiers.tokens import Tokens
from ledger.records import CATEGORIES

ENCODER_RATE, HEAD_RATE = 5e-5, 1e-3  # learning rates at the top layer and of the heads
LAYER_DECAY = 0.9  # each layer below learns at this share of the rate above
BATCH = 16
WARM_UP = 0.1  # share of the steps
CATEGORY_SHARE, WORK_SHARE = 0.3, 0.15  # of the loss, beside 2 for the levels
MEANING_SHARE = 1.0  # of the loss: how far the asks' embeddings stray from the base encoder's
OUTPUTS = 4 + len(CATEGORIES) + 1  # level thresholds, categories, work

Progress = Callable[[int, int], None]


class Network(nn.Module):  # type: ignore[misc] # torch has no types where lint runs
    """Pools the ask and the conversation apart, then reads every mark from both at once.

    Beside them `meaning` leads the ask back to the base encoder's embedding: a network that is fine-tuned to tell
    levels puts asks together that are alike in kind, and forgets what they are about.
    """

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.Linear(2 * width, OUTPUTS)
        self.meaning = nn.Linear(width, width)
        nn.init.eye_(self.meaning.weight)
        nn.init.zeros_(self.meaning.bias)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return outputs (n, OUTPUTS) and the ask's embeddings (n, width) of unit length."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        earlier = (token_type_ids * attention_mask).unsqueeze(-1).to(hidden.dtype)
        ask = attention_mask.unsqueeze(-1).to(hidden.dtype) - earlier
        pooled = [(hidden * part).sum(1) / part.sum(1).clamp(min=1) for part in (ask, earlier)]
        return self.heads(self.dropout(torch.cat(pooled, 1))), nn.functional.normalize(self.meaning(pooled[0]), dim=1)


def load(path: str, seed: int = 0) -> Network:
    """Put fresh heads on the encoder whose files lie in `path`."""
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(
        path, local_files_only=True, attn_implementation="sdpa", add_pooling_layer=False
    )
    encoder.embeddings.word_embeddings.requires_grad_(False)  # a few thousand prompts would only overfit 30,000 words
    torch.manual_seed(seed)
    return Network(encoder, encoder.config.hidden_size)


def fit(network: Network, tokens: Tokens, targets: "Targets", *, epochs: int, seed: int, progress: Progress) -> Network:
    """Fine-tune in place on `tokens` and return the network, ready to predict."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    deals = [deal(tokens, targets.kept(random), random) for _ in range(epochs)]
    optimizer = torch.optim.AdamW(rates(network), weight_decay=0.01, fused=True)
    total = sum(map(len, deals))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (WARM_UP * total), max(0.0, (total - step) / (total * (1 - WARM_UP))))
    )
    network.train()
    for done, rows in enumerate((rows for dealt in deals for rows in dealt), 1):
        with torch.autocast("cpu", torch.bfloat16):
            outputs, embeddings = network(**tensors(tokens, rows))
        loss = targets.loss(outputs.float(), embeddings.float(), rows)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress(done, total)
    network.eval()
    return network


def rates(network: Network) -> list[dict[str, Any]]:
    """Give every parameter its learning rate: less the deeper it lies."""
    layers = network.encoder.config.num_hidden_layers
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith(("heads", "meaning")):
            rate = HEAD_RATE
        else:
            depth = int(name.split("layer.")[1].split(".")[0]) + 1 if "layer." in name else 0
            rate = ENCODER_RATE * LAYER_DECAY ** (layers - depth)
        groups.setdefault(rate, []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]


class Targets:
    """What each turn should get, and how much a mistake counts: under 1, the turn is seen in that share of epochs."""

    def __init__(
        self,
        levels: Sequence[int],
        categories: Sequence[int],
        work: Sequence[bool],
        meanings: npt.NDArray[np.float32],
        weights: Sequence[float],
    ) -> None:
        """Take a row a turn; `meanings`: the base encoder's embeddings of the asks, (n, width) of unit length."""
        self.over = torch.tensor([[float(level > k) for k in range(4)] for level in levels])
        self.category = torch.tensor(categories)
        self.work = torch.tensor([float(w) for w in work])
        self.meanings = torch.from_numpy(meanings)
        self.share = np.asarray(weights, dtype=np.float64)
        self.weight = torch.tensor(weights, dtype=torch.float32).clamp(min=1)

    def kept(self, random: np.random.Generator) -> npt.NDArray[np.int64]:
        """Draw the rows that one epoch sees."""
        return np.flatnonzero(random.random(len(self.share)) < self.share)

    def loss(self, outputs: torch.Tensor, embeddings: torch.Tensor, rows: npt.NDArray[np.int64]) -> torch.Tensor:
        """Weigh the mistakes of a batch."""
        index = torch.from_numpy(rows)
        binary, many = nn.functional.binary_cross_entropy_with_logits, nn.functional.cross_entropy
        level = binary(outputs[:, :4], self.over[index], reduction="none").mean(1)
        category = many(outputs[:, 4:-1], self.category[index], reduction="none", label_smoothing=0.05)
        work = binary(outputs[:, -1], self.work[index], reduction="none")
        astray = 1 - (embeddings * self.meanings[index]).sum(1)
        weight = self.weight[index]
        each = 2 * level + CATEGORY_SHARE * category + WORK_SHARE * work + MEANING_SHARE * astray
        return (each * weight).sum() / weight.sum()


def deal(tokens: Tokens, rows: npt.NDArray[np.int64], random: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Deal `rows` into batches of nearly one length, in random order."""
    lengths = np.array([len(tokens[row][0]) for row in rows])
    order = rows[np.argsort(lengths + random.uniform(-8, 8, len(rows)), kind="stable")]
    dealt = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [dealt[place] for place in random.permutation(len(dealt))]


def tensors(tokens: Tokens, rows: npt.NDArray[np.int64]) -> dict[str, torch.Tensor]:
    """Pad a batch."""
    from classifiers.tokens import pad

    return {name: torch.from_numpy(array) for name, array in pad([tokens[row] for row in rows]).items()}


def predict(network: Network, tokens: Tokens) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return outputs (n, OUTPUTS) and embeddings (n, width) of all rows."""
    network.eval()
    order = np.argsort([len(ids) for ids, _ in tokens], kind="stable")
    outputs, embeddings = [], []
    for start in range(0, len(order), 32):
        with torch.inference_mode():
            got = network(**tensors(tokens, order[start : start + 32]))
        outputs.append(got[0].float().numpy())
        embeddings.append(got[1].float().numpy())
    if not outputs:
        return np.zeros((0, OUTPUTS), np.float32), np.zeros((0, network.encoder.config.hidden_size), np.float32)
    back = np.argsort(order)
    return np.concatenate(outputs)[back], np.concatenate(embeddings)[back]


def average(networks: Sequence[Network]) -> Network:
    """Make one network whose weights are the mean of all."""
    mean = copy.deepcopy(networks[0])
    states = [network.state_dict() for network in networks]
    mean.load_state_dict(
        {
            name: torch.stack([state[name].float() for state in states]).mean(0).to(tensor.dtype)
            for name, tensor in states[0].items()
        }
    )
    mean.eval()
    return mean
