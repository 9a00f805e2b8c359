"""A prompt in a model's template is the conversation that was written into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.templates import TEMPLATES, Template, conversation

PROMPTS = [
    pytest.param(
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nMend alpha.<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nread(a.py)<|eom_id|>"
        "<|start_header_id|>ipython<|end_header_id|>\n\ncontents<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        [("system", "Be brief."), ("human", "Mend alpha."), ("assistant", "read(a.py)"), ("tool", "contents")],
        id="Llama 3",
    ),
    pytest.param(
        "<|im_start|>user\nName a fruit.<|im_end|>\n<|im_start|>assistant\n<think>\n",
        [("human", "Name a fruit.")],
        id="ChatML, with an answer begun",
    ),
    pytest.param(
        "<s>[INST] Name a fruit. [/INST] Pear.</s>[INST] And a vegetable? [/INST]",
        [("human", "Name a fruit."), ("assistant", "Pear."), ("human", "And a vegetable?")],
        id="Mistral",
    ),
    pytest.param(
        "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nName a fruit. [/INST]",
        [("system", "Be brief."), ("human", "Name a fruit.")],
        id="Llama 2",
    ),
    pytest.param(
        "<｜begin▁of▁sentence｜><｜User｜>Name a fruit.<｜Assistant｜>Pear."
        "<｜end▁of▁sentence｜><｜User｜>Another.<｜Assistant｜>",
        [("human", "Name a fruit."), ("assistant", "Pear."), ("human", "Another.")],
        id="DeepSeek",
    ),
    pytest.param(
        "<start_of_turn>user\nName a fruit.<end_of_turn>\n<start_of_turn>model\n",
        [("human", "Name a fruit.")],
        id="Gemma",
    ),
    pytest.param("<|user|>\nName a fruit.<|end|>\n<|assistant|>\n", [("human", "Name a fruit.")], id="Phi"),
    pytest.param(
        "Be brief.\n\nHuman: Name a fruit.\n\nAssistant: Pear.\n\nHuman: Another.\n\nAssistant:",
        [("human", "Name a fruit."), ("assistant", "Pear."), ("human", "Another.")],
        id="Claude 2",
    ),
    pytest.param("What does [INST] mean?", [], id="a human's mark alone"),
    pytest.param("What does [/INST] [INST] mean?", [], id="an assistant's before a human's"),
    pytest.param("Name a fruit.", [], id="no marks"),
    pytest.param("", [], id="nothing"),
]


@pytest.mark.parametrize(("prompt", "said"), PROMPTS)
def test_each_template_tells_who_said_what(prompt: str, said: list[tuple[str, str]]) -> None:
    """The answer's beginning belongs to nobody yet."""
    assert [(each.speaker, each.texts[0]) for each in conversation(prompt)] == said


@given(st.sampled_from(TEMPLATES), st.data())
def test_any_marks_are_read(template: Template, data: st.DataObject) -> None:
    """In any order, and each text once."""
    signs = st.sampled_from([*dict(template.marks), *template.ends, "x", "\n"])
    prompt = "".join(data.draw(st.lists(signs, max_size=8)))
    said = "".join(text for spoken in conversation(prompt) for text in spoken.texts)
    assert said.count("x") <= prompt.count("x")
