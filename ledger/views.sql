-- The documented interface for admins: what the ledger's facts are worth. Views only, so nothing here is a fact.
-- Replaced in every ledger as soon as a program with another text of this file opens it.

-- From when on turns are of open weeks: all before is closed, and its turns are read no more. '': nothing is closed yet.
CREATE VIEW open_since AS
SELECT coalesce(max(until), '') AS since FROM weeks;

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

-- How much of what passed the figures rest on, each a share from 0 to 1. NULL: there was nothing to share. Closed weeks
-- say it of what was published of them, open ones of all that is logged.
CREATE VIEW coverage AS
WITH counted AS (
    SELECT turns, judged, unattributed, calls, unreadable, measured, estimated FROM weeks
    UNION ALL
    SELECT
        count(*), sum(CASE WHEN EXISTS (SELECT 1 FROM judgements AS j WHERE j.turn_id = t.id) THEN 1 ELSE 0 END),
        sum(CASE WHEN t.team IS NULL THEN 1 ELSE 0 END), 0, 0, 0, 0
    FROM turns AS t
    WHERE t.at >= (SELECT since FROM open_since)
    UNION ALL
    SELECT
        0, 0, 0, count(*), sum(CASE c.kind WHEN 'unreadable' THEN 1 ELSE 0 END), count(coalesce(c.input_tokens, c.output_tokens)),
        sum(CASE WHEN coalesce(c.input_tokens, c.output_tokens) IS NOT NULL THEN c.usage_estimated ELSE 0 END)
    FROM turns AS t
    INNER JOIN calls AS c ON c.turn_id = t.id
    WHERE t.at >= (SELECT since FROM open_since)
    UNION ALL
    SELECT
        0, 0, 0, count(*), sum(CASE c.kind WHEN 'unreadable' THEN 1 ELSE 0 END), count(coalesce(c.input_tokens, c.output_tokens)),
        sum(CASE WHEN coalesce(c.input_tokens, c.output_tokens) IS NOT NULL THEN c.usage_estimated ELSE 0 END)
    FROM calls AS c
    WHERE c.turn_id IS NULL AND c.at >= (SELECT since FROM open_since)
)
SELECT
    1.0 * sum(judged) / nullif(sum(turns), 0) AS judged, -- of turns
    1.0 * sum(unreadable) / nullif(sum(calls), 0) AS unreadable, -- of calls
    1.0 * sum(unattributed) / nullif(sum(turns), 0) AS unattributed, -- of turns: no team, whoever asked
    1.0 * sum(estimated) / nullif(sum(measured), 0) AS estimated, -- of calls whose tokens are known
    -- of calls: answered, but neither ledger nor spool took them
    (SELECT coalesce(sum(calls), 0) FROM lost) * 1.0
        / nullif((SELECT coalesce(sum(calls), 0) FROM lost) + sum(calls), 0) AS lost
FROM counted;

-- The turns that wait for their judgement, and since when the oldest does. NULL: none waits.
CREATE VIEW queue AS
SELECT count(*) AS waiting, min(at) AS oldest
FROM turns
WHERE text_expires_at >= '9999';

-- What has judged, and when.
CREATE VIEW classifiers AS
SELECT classifier, count(*) AS judged, min(at) AS since, max(at) AS latest
FROM judgements
GROUP BY classifier;

-- Usage by group and week. `views.py` writes this once for each grouping: team, week, category, assistant, model.
-- Closed weeks stand in `published`. Open ones are grouped here as `suppression.py` would do it: no group of fewer people
-- than the policy allows is shown, and none can be had by subtracting what is.
CREATE VIEW {view} AS
WITH seen AS MATERIALIZED (
    SELECT
        v.week, coalesce(v.team, '(no team)') AS team, {name} AS grp, v.person, v.value,
        (SELECT count(*) FROM calls AS c WHERE c.turn_id = v.turn_id) AS calls
    FROM turn_values AS v
    WHERE v.at >= (SELECT since FROM open_since)
),
-- One row for each person in each group: all below is about these.
cells AS MATERIALIZED (
    SELECT
        week, team, grp, person, sum(calls) AS calls, count(*) AS turns, sum(value) AS value, count(value) AS judged,
        sum(CASE WHEN value < 0.1 THEN 1 ELSE 0 END) AS air
    FROM seen
    GROUP BY person, team, grp, week -- in the order that sorts fastest
),
few AS (SELECT value AS people FROM policy WHERE name = 'min_group'),
teams AS (SELECT week, team, count(DISTINCT person) AS people FROM cells GROUP BY week, team),
-- Small teams are one group if they have people enough together; else their turns are in no figure of the week.
small_teams AS (
    SELECT c.week, count(DISTINCT c.person) AS people
    FROM cells AS c INNER JOIN teams AS t ON t.week = c.week AND t.team = c.team
    WHERE t.people < (SELECT people FROM few)
    GROUP BY c.week
),
universe AS MATERIALIZED (
    SELECT
        c.week, c.person, c.calls, c.turns, c.value, c.judged, c.air,
        {grouped} AS grp
    FROM cells AS c
    INNER JOIN teams AS t ON t.week = c.week AND t.team = c.team
    LEFT JOIN small_teams AS s ON s.week = c.week
    WHERE t.people >= (SELECT people FROM few) OR s.people >= (SELECT people FROM few)
),
members AS MATERIALIZED (SELECT DISTINCT week, grp, person FROM universe),
sizes AS (
    SELECT
        week, grp, people, row_number() OVER (PARTITION BY week ORDER BY people, grp) AS place,
        sum(CASE WHEN people < (SELECT people FROM few) THEN 1 ELSE 0 END) OVER (PARTITION BY week) AS small
    FROM (SELECT week, grp, count(*) AS people FROM members GROUP BY week, grp) AS g
),
-- How many people are in no group before this one, which with all before it makes how many are in these groups together.
newcomers AS (
    SELECT week, place, count(*) AS people
    FROM (
        SELECT m.week, m.person, min(s.place) AS place
        FROM members AS m INNER JOIN sizes AS s ON s.week = m.week AND s.grp = m.grp
        GROUP BY m.week, m.person
    ) AS f
    GROUP BY week, place
),
together AS (
    SELECT
        s.week, s.place, s.small,
        sum(coalesce(n.people, 0)) OVER (PARTITION BY s.week ORDER BY s.place) AS people
    FROM sizes AS s LEFT JOIN newcomers AS n ON n.week = s.week AND n.place = s.place
),
merged AS (
    SELECT week, min(place) AS places FROM together
    WHERE small > 0 AND place >= small AND people >= (SELECT people FROM few)
    GROUP BY week
),
grouped AS (
    SELECT
        u.week, CASE WHEN s.place <= m.places THEN '(small groups)' ELSE u.grp END AS grp, u.person, u.calls, u.turns,
        u.value, u.judged, u.air
    FROM universe AS u
    INNER JOIN sizes AS s ON s.week = u.week AND s.grp = u.grp
    LEFT JOIN merged AS m ON m.week = u.week
)
SELECT {columns}, people, raw_calls, turns, value, gap, air
FROM published
WHERE {partition}
UNION ALL
SELECT
    {live}, count(DISTINCT person) AS people,
    sum(calls) AS raw_calls, -- what a raw counter counts
    sum(turns) AS turns,
    -- NULL until people enough are judged. Over the judged turns alone: one that waits is not yet known to be air.
    CASE WHEN count(DISTINCT CASE WHEN judged > 0 THEN person END) >= (SELECT people FROM few) THEN sum(value) END AS value,
    CASE
        WHEN count(DISTINCT CASE WHEN judged > 0 THEN person END) >= (SELECT people FROM few)
            THEN 1 - sum(value) / sum(judged)
    END AS gap,
    CASE
        WHEN count(DISTINCT CASE WHEN judged > 0 THEN person END) >= (SELECT people FROM few)
            THEN 1.0 * sum(air) / sum(judged)
    END AS air -- share of the judged turns that are worth next to nothing
FROM grouped
GROUP BY week, grp
HAVING count(DISTINCT person) >= (SELECT people FROM few);
