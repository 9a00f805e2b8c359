"""What tells a completion at a cursor: the marks by which models are asked to fill in code, in a bare prompt."""

# Source: continuedev/continue@01efdfe, `core/autocomplete/templating/AutocompleteTemplate.ts`; the last of them from
# `core/nextEdit/constants.ts`. A model needs several marks; the rarest of each is here.
INFILL_MARKS = (
    "<fim_suffix>",  # StarCoder, Stable Code, Qwen
    "<|fim_suffix|>",  # Qwen Coder, CodeGemma
    "<｜fim▁hole｜>",  # DeepSeek
    " <SUF>",  # Code Llama
    "[SUFFIX]",  # Codestral
    "<|code_suffix|>",  # CodeGeeX
    "<|editable_region_start|>",
)
