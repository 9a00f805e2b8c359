-- Questions of who runs Assay, on the ledger itself (sqlite3 usage.db): they read rows that the console does not have.
-- None shows fewer people than the policy allows, but for counts that speak of no group.

-- name: calls_today
-- title: What passed today
-- about: Calls by kind. `prompt` opens a turn, `continuation` is an agent's own, `automation` nobody asked for.
SELECT kind, count(*) AS calls, sum(request_bytes) AS bytes_asked, sum(response_bytes) AS bytes_answered
FROM calls
WHERE at >= date('now')
GROUP BY kind
ORDER BY calls DESC;

-- name: calls_by_hour
-- title: Calls by hour of the last two days
-- about: A gap in it is an hour in which nothing passed, or the proxy was down.
SELECT substr(at, 1, 13) || ':00Z' AS hour, count(*) AS calls, sum(turn_id IS NULL) AS of_no_turn
FROM calls
WHERE at >= date('now', '-1 day')
GROUP BY 1
ORDER BY 1;

-- name: dialects_seen
-- title: Which dialects and assistants pass
-- about: A host that you do not know is an assistant that somebody uses.
SELECT assistant, dialect, count(*) AS calls, max(at) AS newest
FROM calls
GROUP BY assistant, dialect
ORDER BY calls DESC;

-- name: unreadable_by_client
-- title: What could not be read, by assistant and client
-- about: Traffic that passed and of which only the count is known: a new client, or a dialect to write (docs/dialects.md).
SELECT assistant, client, count(*) AS unreadable, max(at) AS newest
FROM calls
WHERE kind = 'unreadable'
GROUP BY assistant, client
ORDER BY unreadable DESC;

-- name: failed_calls
-- title: Calls that failed, by assistant and status
-- about: A status of NULL: no answer reached the client.
SELECT assistant, http_status, count(*) AS calls, max(at) AS newest
FROM calls
WHERE coalesce(http_status, 599) >= 400
GROUP BY assistant, http_status
ORDER BY calls DESC;

-- name: interrupted_answers
-- title: Answers that broke off, by client
-- about: Calls with a good status whose answer did not come to its end: people stopped it, or a connection broke.
SELECT client, count(*) AS calls, sum(complete = 0) AS broken_off, round(avg(complete = 0), 3) AS share
FROM calls
WHERE http_status < 400
GROUP BY client
ORDER BY broken_off DESC;

-- name: speed_by_model
-- title: How fast assistants answer, by model
-- about: Milliseconds to the first byte and to the end, on average, of calls that came to their end.
SELECT model, count(*) AS calls, round(avg(ttft_ms)) AS first_byte_ms, round(avg(duration_ms)) AS whole_ms
FROM calls
WHERE complete = 1 AND http_status < 400
GROUP BY model
ORDER BY calls DESC;

-- name: tokens_by_model
-- title: Tokens by model and week
-- about: As the assistants report them; `known` is the share of calls that say how many.
SELECT
    date(at, 'weekday 0', '-6 days') AS week, model,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    round(avg(coalesce(input_tokens, output_tokens) IS NOT NULL), 3) AS known
FROM calls
GROUP BY week, model
ORDER BY week DESC, input_tokens DESC;

-- name: tokens_per_value
-- title: Tokens for a turn of full worth, by assistant
-- about: Of assistants that enough people asked.
SELECT assistant, round(sum(tokens) / nullif(sum(value), 0)) AS tokens_per_value, round(sum(value), 1) AS value
FROM valued_turns
GROUP BY assistant
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group')
ORDER BY tokens_per_value DESC;

-- name: retries_by_client
-- title: Retries by client
-- about: Many say that an assistant fails, or that a client is impatient.
SELECT client, sum(kind = 'retry') AS retries, count(*) AS calls, round(avg(kind = 'retry'), 3) AS share
FROM calls
GROUP BY client
ORDER BY retries DESC;

-- name: automation_by_client
-- title: Calls that nobody asked for, by client
-- about: Titles, tags, summaries and probes: what a raw counter counts on top.
SELECT client, sum(kind = 'automation') AS automation, count(*) AS calls, round(avg(kind = 'automation'), 3) AS share
FROM calls
GROUP BY client
ORDER BY automation DESC;

-- name: loops
-- title: Turns that took the most calls, by client
-- about: How long agents go on by themselves; no turn is named.
SELECT client, count(*) AS turns, round(avg(calls), 1) AS calls_on_average, max(calls) AS most_calls
FROM valued_turns
GROUP BY client
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group')
ORDER BY most_calls DESC;

-- name: what_names_people
-- title: What named the people
-- about: `address` and `body` are weak: see docs/identity.md.
SELECT identity_source, count(*) AS turns, count(DISTINCT person) AS people
FROM turns
GROUP BY identity_source
ORDER BY turns DESC;

-- name: turns_without_team
-- title: Turns without a team, by what named their people
-- about: Their people are missing from identity.teams.
SELECT identity_source, count(*) AS turns
FROM turns
WHERE team IS NULL
GROUP BY identity_source
ORDER BY turns DESC;

-- name: languages
-- title: Turns by language
-- about: The judge is better in some than in others (docs/model-card.md). Languages of enough people alone.
SELECT lang, count(*) AS turns, count(DISTINCT person) AS people
FROM turns
GROUP BY lang
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group')
ORDER BY turns DESC;

-- name: levels
-- title: Turns by level and week
-- about: 0 noise, 1 trivial, 2 routine, 3 substantive, 4 deep. Where enough people had such turns.
SELECT week, level, count(*) AS turns, round(avg(value), 3) AS value_on_average
FROM valued_turns
WHERE level IS NOT NULL
GROUP BY week, level
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group')
ORDER BY week DESC, level;

-- name: repeats
-- title: How much repeats, by week
-- about: Turns that add little to earlier ones (novelty under a half), where enough people had such turns.
SELECT week, count(*) AS repeats, round(avg(novelty), 2) AS novelty_on_average
FROM valued_turns
WHERE novelty < 0.5
GROUP BY week
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group')
ORDER BY week DESC;

-- name: unread
-- title: How much nobody can have minded, by week
-- about: Turns with little attention: a program's pace, answers unread. Where enough people had such turns.
SELECT week, count(*) AS unread, round(avg(attention), 2) AS attention_on_average
FROM valued_turns
WHERE attention < 0.5
GROUP BY week
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group')
ORDER BY week DESC;

-- name: weights_over_time
-- title: How the worth of levels changed
-- about: A turn has the weight of its own date.
SELECT effective_from, level, weight
FROM weights
ORDER BY effective_from, level;

-- name: who_looked
-- title: Who looked at people's own rows
-- about: `assay audit-access verify` says whether this table is as it was written.
SELECT at, who, what, why
FROM audit
ORDER BY id DESC;

-- name: lost_calls
-- title: Calls that were lost, and why
-- about: They passed, and are not in the ledger.
SELECT at, calls, why
FROM lost
ORDER BY at DESC;

-- name: schema_history
-- title: When the ledger's schema changed
-- about: The last number is the schema's.
SELECT number, at
FROM migrations
ORDER BY number;
