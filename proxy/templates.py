"""Reads a conversation that was written into one prompt, in a model's own template of a chat.

Each model has its own marks for who speaks. Bare prompts, as InvokeModel or Ollama take them, hold a whole conversation
so. The transcribed marks are from the chat templates that ship with the models' weights.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.dialects.table import Speaker
from proxy.sent import Spoken


@dataclass(frozen=True, slots=True)
class Template:
    """How a model tells who speaks. It fits a prompt in which a human's mark stands before an assistant's."""

    marks: tuple[tuple[str, Speaker], ...]  # each begins what somebody says, up to the next mark
    ends: tuple[str, ...] = ()  # or up to one of these


TEMPLATES = (
    Template(  # Llama 3
        (
            ("<|start_header_id|>user<|end_header_id|>", "human"),
            ("<|start_header_id|>assistant<|end_header_id|>", "assistant"),
            ("<|start_header_id|>system<|end_header_id|>", "system"),
            ("<|start_header_id|>ipython<|end_header_id|>", "tool"),
            ("<|start_header_id|>tool<|end_header_id|>", "tool"),
        ),
        ("<|eot_id|>", "<|eom_id|>"),
    ),
    Template(  # ChatML: Qwen and many others
        (
            ("<|im_start|>user\n", "human"),
            ("<|im_start|>assistant\n", "assistant"),
            ("<|im_start|>system\n", "system"),
            ("<|im_start|>tool\n", "tool"),
        ),
        ("<|im_end|>",),
    ),
    Template(  # Mistral, and Llama 2 with its system prompt in the first instruction
        (
            ("[INST]", "human"),
            ("[/INST]", "assistant"),
            ("<<SYS>>", "system"),
            ("<</SYS>>", "human"),
            ("[SYSTEM_PROMPT]", "system"),
            ("[TOOL_RESULTS]", "tool"),
        ),
        ("</s>", "[/SYSTEM_PROMPT]", "[/TOOL_RESULTS]"),
    ),
    Template(  # DeepSeek
        (("<｜User｜>", "human"), ("<｜Assistant｜>", "assistant")),
        ("<｜end▁of▁sentence｜>",),
    ),
    Template(  # Gemma
        (("<start_of_turn>user\n", "human"), ("<start_of_turn>model\n", "assistant")),
        ("<end_of_turn>",),
    ),
    Template(  # Phi
        (("<|user|>", "human"), ("<|assistant|>", "assistant"), ("<|system|>", "system")),
        ("<|end|>", "</s>"),
    ),
    Template(  # Claude, before it had messages
        (("\n\nHuman:", "human"), ("\n\nAssistant:", "assistant")),
    ),
)


def conversation(prompt: str) -> tuple[Spoken, ...]:
    """Give what was said in a prompt; nothing where no template fits. The answer's own beginning is left out."""
    for template in TEMPLATES:
        if _fits(template, prompt):
            spoken = tuple(_read(template, prompt))
            return spoken[:-1] if spoken[-1].speaker == "assistant" else spoken
    return ()


def _fits(template: Template, prompt: str) -> bool:
    found = [(prompt.find(mark), speaker) for mark, speaker in template.marks]
    human = min((place for place, speaker in found if speaker == "human" and place >= 0), default=-1)
    return human >= 0 and any(speaker == "assistant" and place > human for place, speaker in found)


def _read(template: Template, prompt: str) -> Iterator[Spoken]:
    speakers = dict(template.marks)
    ends = re.compile("|".join(map(re.escape, template.ends)) or r"\Z")
    _, *pieces = re.split(f"({'|'.join(map(re.escape, speakers))})", prompt)
    for mark, said in zip(pieces[::2], pieces[1::2], strict=True):
        text = ends.split(said, maxsplit=1)[0].strip()
        if text or speakers[mark] == "assistant":
            yield Spoken(speakers[mark], (text,))
