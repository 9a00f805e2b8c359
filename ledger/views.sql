-- The documented interface for admins: what the ledger's facts are worth. Views only, so nothing here is a fact.
-- Replaced in every ledger as soon as a program with another text of this file opens it.

-- One row a turn, with its id. The only place where value is computed.
CREATE VIEW turn_values AS
SELECT
    turn_id, at, week, team, person, assistant, client, model, category, level, weight, novelty, attention,
    -- 0 for what no person asked for; NULL while the turn waits for its judgement
    CASE category WHEN 'automation' THEN 0.0 ELSE weight * novelty * attention END AS value
FROM (
    SELECT
        t.id AS turn_id, t.at, t.team, t.person, t.assistant, t.client,
        (
            SELECT c.model FROM calls AS c WHERE c.turn_id = t.id ORDER BY c.kind = 'automation', c.id LIMIT 1
        ) AS model, -- of its first call that is no title or the like
        date(t.at, 'weekday 0', '-6 days') AS week, -- the ISO week's Monday, UTC
        j.category, j.level, j.novelty, j.attention,
        (
            SELECT w.weight FROM weights AS w
            WHERE w.level = j.level AND w.effective_from <= t.at
            ORDER BY w.effective_from DESC LIMIT 1
        ) AS weight -- as it was at the turn's date
    FROM turns AS t
    LEFT JOIN judgements AS j ON j.turn_id = t.id AND NOT EXISTS (
        SELECT 1 FROM judgements AS n
        WHERE n.turn_id = t.id AND n.classifier <> j.classifier AND (n.at, n.classifier) > (j.at, j.classifier)
    ) -- the newest judgement counts
) AS v;

CREATE VIEW valued_turns AS
SELECT
    at, week, team, person, assistant, client, category, level, weight, novelty, attention,
    (SELECT count(*) FROM calls AS c WHERE c.turn_id = v.turn_id) AS calls,
    (
        SELECT sum(coalesce(c.input_tokens, 0) + coalesce(c.output_tokens, 0)) FROM calls AS c
        WHERE c.turn_id = v.turn_id AND coalesce(c.input_tokens, c.output_tokens) IS NOT NULL
    ) AS tokens, -- NULL: no call's usage was reported
    value
FROM turn_values AS v;

-- How much of what passed the figures above rest on, each a share from 0 to 1. NULL: there was nothing to share.
CREATE VIEW coverage AS
SELECT
    (SELECT avg(CASE WHEN id IN (SELECT turn_id FROM judgements) THEN 1.0 ELSE 0.0 END) FROM turns) AS judged, -- of turns
    (SELECT avg(CASE kind WHEN 'unreadable' THEN 1.0 ELSE 0.0 END) FROM calls) AS unreadable, -- of calls
    (SELECT avg(CASE WHEN team IS NULL THEN 1.0 ELSE 0.0 END) FROM turns) AS unattributed, -- of turns: no team, whoever asked
    (
        SELECT avg(usage_estimated) FROM calls WHERE coalesce(input_tokens, output_tokens) IS NOT NULL
    ) AS estimated, -- of calls whose tokens are known
    -- of calls: answered, but neither ledger nor spool took them
    (SELECT coalesce(sum(calls), 0) FROM lost) * 1.0
        / nullif((SELECT coalesce(sum(calls), 0) FROM lost) + (SELECT count(*) FROM calls), 0) AS lost;

-- Usage by group and week. `views.py` writes this once for each grouping: team, week, category, assistant, model.
-- Groups of fewer people than the policy allows are not shown.
CREATE VIEW {view} AS
SELECT
    {columns},
    count(DISTINCT person) AS people,
    sum((SELECT count(*) FROM calls AS c WHERE c.turn_id = v.turn_id)) AS raw_calls, -- what a raw counter counts
    count(*) AS turns,
    sum(value) AS value, -- NULL: none is judged yet
    -- Over the judged turns alone: a turn that waits for its judgement is not yet known to be air.
    1 - sum(value) / count(value) AS gap,
    avg(CASE WHEN value < 0.1 THEN 1.0 WHEN value >= 0.1 THEN 0.0 END) AS air -- share of the judged turns that are worth next to nothing
FROM turn_values AS v
GROUP BY week, 1
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group');
