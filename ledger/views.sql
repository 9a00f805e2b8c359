-- The documented interface for admins: what the ledger's facts are worth. Views only, so nothing here is a fact.
-- Replaced in every ledger as soon as a program with another text of this file opens it.

-- One row a turn, with its id. The only place where value is computed.
CREATE VIEW turn_values AS
SELECT
    turn_id, at, week, team, person, assistant, client, category, level, weight, novelty, attention,
    -- 0 for what no person asked for; NULL while the turn waits for its judgement
    CASE category WHEN 'automation' THEN 0.0 ELSE weight * novelty * attention END AS value
FROM (
    SELECT
        t.id AS turn_id, t.at, t.team, t.person, t.assistant, t.client,
        date(t.at, 'weekday 0', '-6 days') AS week, -- the ISO week's Monday, UTC
        j.category, j.level, j.novelty, j.attention,
        (
            SELECT w.weight FROM weights AS w
            WHERE w.level = j.level AND w.effective_from <= t.at
            ORDER BY w.effective_from DESC LIMIT 1
        ) AS weight -- as it was at the turn's date
    FROM turns AS t
    LEFT JOIN judgements AS j ON j.turn_id = t.id AND j.classifier = (
        SELECT n.classifier FROM judgements AS n
        WHERE n.turn_id = t.id
        ORDER BY n.at DESC, n.classifier DESC LIMIT 1
    ) -- the newest judgement counts
);

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

-- Each turn once for each way of grouping it. `name` is the group that it falls into.
CREATE VIEW turn_groups AS
SELECT 'team' AS grouping, coalesce(team, '(no team)') AS name, * FROM turn_values
UNION ALL SELECT 'week', week, * FROM turn_values
UNION ALL SELECT 'category', coalesce(category, '(not judged)'), * FROM turn_values
UNION ALL SELECT 'assistant', assistant, * FROM turn_values
UNION ALL
SELECT
    'model',
    coalesce((
        SELECT c.model FROM calls AS c WHERE c.turn_id = v.turn_id ORDER BY c.id LIMIT 1
    ), '(no model)'), -- of its first call
    *
FROM turn_values AS v;

-- Usage by group and week. Groups of fewer people than the policy allows are not shown.
CREATE VIEW usage_by_group_week AS
SELECT
    grouping, name, week,
    count(DISTINCT person) AS people,
    sum((SELECT count(*) FROM calls AS c WHERE c.turn_id = g.turn_id)) AS raw_calls, -- what a raw counter counts
    count(*) AS turns,
    sum(value) AS value, -- NULL: none is judged yet
    -- Over the judged turns alone: a turn that waits for its judgement is not yet known to be air.
    1 - sum(value) / count(value) AS gap,
    avg(value < 0.1) AS air -- share of the judged turns that are worth next to nothing
FROM turn_groups AS g
GROUP BY grouping, name, week
HAVING count(DISTINCT person) >= (SELECT value FROM policy WHERE name = 'min_group');

CREATE VIEW usage_by_team_week AS
SELECT name AS team, week, people, raw_calls, turns, value, gap, air
FROM usage_by_group_week WHERE grouping = 'team';

CREATE VIEW usage_by_week AS
SELECT week, people, raw_calls, turns, value, gap, air
FROM usage_by_group_week WHERE grouping = 'week';

CREATE VIEW usage_by_category_week AS
SELECT name AS category, week, people, raw_calls, turns, value, gap, air
FROM usage_by_group_week WHERE grouping = 'category';

CREATE VIEW usage_by_assistant_week AS
SELECT name AS assistant, week, people, raw_calls, turns, value, gap, air
FROM usage_by_group_week WHERE grouping = 'assistant';

CREATE VIEW usage_by_model_week AS
SELECT name AS model, week, people, raw_calls, turns, value, gap, air
FROM usage_by_group_week WHERE grouping = 'model';

-- How much of what passed the figures above rest on, each a share from 0 to 1. NULL: there was nothing to share.
CREATE VIEW coverage AS
SELECT
    (SELECT avg(id IN (SELECT turn_id FROM judgements)) FROM turns) AS judged, -- of turns
    (SELECT avg(kind = 'unreadable') FROM calls) AS unreadable, -- of calls
    (SELECT avg(team IS NULL) FROM turns) AS unattributed, -- of turns: they have no team
    (
        SELECT avg(usage_estimated) FROM calls WHERE coalesce(input_tokens, output_tokens) IS NOT NULL
    ) AS estimated; -- of calls whose tokens are known
