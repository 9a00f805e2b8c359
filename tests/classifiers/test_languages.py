"""Telling languages."""

import pytest

from classifiers.languages import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What should I write to the landlord about the heating?", "en"),
        ("Bitte schreibe mir eine kurze Antwort an den Vermieter", "de"),
        ("Est-ce que vous pouvez me traduire cette lettre pour le notaire", "fr"),
        ("¿Puedes escribir una carta para el banco?", "es"),
        ("Você pode escrever uma carta para o banco?", "pt"),
        ("请帮我写一封邮件", "zh"),
        ("この文章を短くしてください", "ja"),
        ("이 글을 요약해 주세요", "ko"),
        ("Напиши короткое письмо", "ru"),
        ("1234 5678", None),
        ("", None),
    ],
)
def test_languages_are_told(text: str, code: str | None) -> None:
    """By script where that tells, else by common words, else not at all."""
    assert language(text) == code
