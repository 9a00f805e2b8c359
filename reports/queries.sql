-- The console's figures, and questions that admins ask. Each works on the ledger itself (sqlite3 usage.db) and in the
-- console. A word with a colon before it is filled in by who asks: :week is a Monday as 2026-11-23.

-- name: weeks
-- title: Value, turns and raw calls by week
-- about: What a raw counter counts, what people asked, and what it was worth.
SELECT
    week, people, raw_calls, turns, value, gap, air,
    1.0 * raw_calls / turns AS calls_per_turn
FROM usage_by_week
ORDER BY week;

-- name: gap_change
-- title: The gap of a week against the four weeks before
-- about: A positive change says that the gap has widened. NULL: no week before has a gap.
SELECT
    now.week, now.gap, avg(earlier.gap) AS before, now.gap - avg(earlier.gap) AS change, count(earlier.gap) AS weeks_before
FROM usage_by_week AS now
LEFT JOIN usage_by_week AS earlier ON earlier.week < now.week AND earlier.week >= date(now.week, '-28 days')
WHERE now.week = :week
GROUP BY now.week, now.gap;

-- name: air_by_cause
-- title: Air of a week by its cause
-- about: Turns worth next to nothing, each under its first cause: what no person asked for, noise, trivial asks,
-- repeats, and turns whose answers nobody can have read. The share is of all turns.
SELECT
    cause, people, turns, raw_calls,
    1.0 * turns / (SELECT w.turns FROM usage_by_week AS w WHERE w.week = :week) AS share
FROM usage_by_cause_week
WHERE week = :week AND cause NOT IN ('(no air)', '(not judged)')
ORDER BY cause = '(small groups)', cause;

-- name: by_team
-- title: A week by team
-- about: Groups of too few people are not shown.
SELECT team, people, raw_calls, turns, value, gap, air
FROM usage_by_team_week
WHERE week = :week
ORDER BY team = '(small groups)', team;

-- name: by_category
-- title: A week by category
-- about: What people asked for, as the classifier sees it.
SELECT category, people, raw_calls, turns, value, gap, air
FROM usage_by_category_week
WHERE week = :week
ORDER BY category = '(small groups)', category;

-- name: by_assistant
-- title: A week by assistant
-- about: Whose assistant was asked.
SELECT assistant, people, raw_calls, turns, value, gap, air
FROM usage_by_assistant_week
WHERE week = :week
ORDER BY assistant = '(small groups)', assistant;

-- name: by_model
-- title: A week by model
-- about: The model of a turn's first call, as the call names it.
SELECT model, people, raw_calls, turns, value, gap, air
FROM usage_by_model_week
WHERE week = :week
ORDER BY model = '(small groups)', model;

-- name: closed_weeks
-- title: The gap of closed weeks, with its interval
-- about: What a change of the gap is looked for in. The bounds are drawn when a week is closed; NULL: of too few people.
SELECT week, people, judged, gap, gap_low, gap_high
FROM published
WHERE
    team IS NULL AND category IS NULL AND assistant IS NULL AND model IS NULL AND cause IS NULL
    AND gap IS NOT NULL
ORDER BY week;

-- name: gap_before_and_since
-- title: The mean gap before a week, and since
-- about: Of the 26 closed weeks up to :week, parted at :since: where the console says that the gap has changed (docs/gap.md).
WITH newest AS (
    SELECT week, gap
    FROM published
    WHERE
        team IS NULL AND category IS NULL AND assistant IS NULL AND model IS NULL AND cause IS NULL
        AND gap IS NOT NULL AND week <= :week
    ORDER BY week DESC LIMIT 26
)
SELECT
    :since AS since, count(*) FILTER (WHERE week >= :since) AS weeks,
    avg(gap) FILTER (WHERE week >= :since) AS after, avg(gap) FILTER (WHERE week < :since) AS before,
    avg(gap) FILTER (WHERE week >= :since) - avg(gap) FILTER (WHERE week < :since) AS change
FROM newest;

-- name: events_of_the_company
-- title: Dates of the whole company
-- about: As when a target was announced: assay events add enters them, and so do admins in the console.
SELECT day, what FROM events WHERE team IS NULL ORDER BY day, what;

-- name: teams
-- title: The teams that are shown in any week
-- about: Teams of too few people are not among them.
SELECT DISTINCT team FROM usage_by_team_week ORDER BY team;

-- name: team_weeks
-- title: A team by week
-- about: Weeks in which the team has fewer than :least people are left out.
SELECT
    week, people, raw_calls, turns, value, gap, air,
    1.0 * raw_calls / turns AS calls_per_turn
FROM usage_by_team_week
WHERE team = :team AND people >= 0 + :least
ORDER BY week;

-- name: team_gap_change
-- title: A team's gap of a week against the four weeks before
-- about: A positive change says that the gap has widened. NULL: no week before has a gap.
SELECT
    now.week, now.gap, avg(earlier.gap) AS before, now.gap - avg(earlier.gap) AS change, count(earlier.gap) AS weeks_before
FROM usage_by_team_week AS now
LEFT JOIN usage_by_team_week AS earlier ON
    earlier.team = now.team AND earlier.people >= 0 + :least
    AND earlier.week < now.week AND earlier.week >= date(now.week, '-28 days')
WHERE now.week = :week AND now.team = :team AND now.people >= 0 + :least
GROUP BY now.week, now.gap;

-- name: team_closed_weeks
-- title: A team's gap in closed weeks, with its interval
-- about: What a change of the gap is looked for in. The bounds are drawn when a week is closed; NULL: of too few people.
SELECT week, people, judged, gap, gap_low, gap_high
FROM published
WHERE
    team = :team AND category IS NULL AND assistant IS NULL AND model IS NULL AND cause IS NULL
    AND gap IS NOT NULL AND people >= 0 + :least
ORDER BY week;

-- name: team_gap_before_and_since
-- title: A team's mean gap before a week, and since
-- about: Of the 26 closed weeks up to :week, parted at :since: where the console says that the gap has changed (docs/gap.md).
WITH newest AS (
    SELECT week, gap
    FROM published
    WHERE
        team = :team AND category IS NULL AND assistant IS NULL AND model IS NULL AND cause IS NULL
        AND gap IS NOT NULL AND people >= 0 + :least AND week <= :week
    ORDER BY week DESC LIMIT 26
)
SELECT
    :since AS since, count(*) FILTER (WHERE week >= :since) AS weeks,
    avg(gap) FILTER (WHERE week >= :since) AS after, avg(gap) FILTER (WHERE week < :since) AS before,
    avg(gap) FILTER (WHERE week >= :since) - avg(gap) FILTER (WHERE week < :since) AS change
FROM newest;

-- name: events_of_team
-- title: Dates of a team and of the whole company
-- about: As when a target was announced: assay events add enters them, and so do admins in the console.
SELECT day, what FROM events WHERE team IS NULL OR team = :team ORDER BY day, what;

-- name: team_by_category
-- title: A team's closed week by category
-- about: From what is published. Cells of too few people are hidden there, and so may be others that would give them away.
SELECT category, people, raw_calls, turns, value, gap
FROM published
WHERE week = :week AND team = :team AND category IS NOT NULL AND assistant IS NULL AND people >= 0 + :least
ORDER BY category = '(small groups)', category;

-- name: team_by_assistant
-- title: A team's closed week by assistant
-- about: From what is published. Cells of too few people are hidden there, and so may be others that would give them away.
SELECT assistant, people, raw_calls, turns, value, gap
FROM published
WHERE week = :week AND team = :team AND assistant IS NOT NULL AND category IS NULL AND people >= 0 + :least
ORDER BY assistant = '(small groups)', assistant;

-- name: team_air_by_cause
-- title: Air of a team's closed week by its cause
-- about: From what is published. Causes of too few people are hidden there, and so may be others that would give them away.
-- The share is of all turns.
SELECT
    cause, people, turns, raw_calls,
    1.0 * turns / (SELECT w.turns FROM usage_by_team_week AS w WHERE w.week = :week AND w.team = :team) AS share
FROM published
WHERE
    week = :week AND team = :team AND cause NOT IN ('(no air)', '(not judged)')
    AND category IS NULL AND assistant IS NULL AND model IS NULL AND people >= 0 + :least
ORDER BY cause = '(small groups)', cause;

-- name: how_covered
-- title: What the figures rest on
-- about: Shares from 0 to 1: turns that are judged, calls that could not be read, turns without a team, tokens that are
-- estimates.
SELECT * FROM coverage;

-- name: what_waits
-- title: Turns that wait for their judgement
-- about: They are in no value, gap or air yet.
SELECT waiting, oldest FROM queue;

-- name: who_judged
-- title: Judgements by classifier
-- about: A classifier's name holds its version. The newest judgement of a turn counts.
SELECT classifier, judged, since, latest FROM classifiers ORDER BY latest DESC;

-- name: policy_rows
-- title: The rules on small groups
-- about: How many people a group must have to be shown.
SELECT name, value FROM policy ORDER BY name;

-- name: weights_today
-- title: What each level is worth
-- about: The newest weight of each level counts from its date on.
SELECT level, weight, max(effective_from) AS effective_from FROM weights GROUP BY level ORDER BY level;

-- name: calls_per_turn_by_team
-- title: Calls per turn, by team and week
-- about: Loops and retries raise it, and a raw counter with it; turns and value stay.
SELECT week, team, 1.0 * raw_calls / turns AS calls_per_turn, raw_calls, turns
FROM usage_by_team_week
ORDER BY week, team;

-- name: gap_by_team_and_week
-- title: The gap, by team and week
-- about: To be read as a trend: one week's figure says little.
SELECT week, team, gap, air, people FROM usage_by_team_week ORDER BY team, week;

-- name: share_of_value_by_category
-- title: Where a week's value comes from
-- about: Each category's share of the value that is shown.
SELECT category, value, value / sum(value) OVER () AS share
FROM usage_by_category_week
WHERE week = :week
ORDER BY category = '(small groups)', category;

-- name: models_over_time
-- title: Turns and value by model and week
-- about: When a model came, and when one went.
SELECT model, week, turns, value FROM usage_by_model_week ORDER BY model, week;

-- name: raw_count_against_value
-- title: How far the raw count runs ahead of value
-- about: The raw count and the value of each week as multiples of the first week's. They part when the count is farmed.
SELECT
    week,
    1.0 * raw_calls / first_value(raw_calls) OVER (ORDER BY week) AS raw_calls,
    1.0 * turns / first_value(turns) OVER (ORDER BY week) AS turns,
    value / first_value(value) OVER (ORDER BY week) AS value
FROM usage_by_week
ORDER BY week;

-- name: outcomes_of_week
-- title: A week's outcomes beside value per person, by team
-- about: What a team shipped and how it went, beside what its usage was worth. Never value alone.
SELECT o.team, o.metric, o.value AS outcome, o.unit, o.source, u.value / u.people AS value_per_person, u.people
FROM outcomes AS o
INNER JOIN usage_by_team_week AS u ON u.team = o.team AND u.week = o.week
WHERE o.week = :week
ORDER BY o.team, o.metric, o.source;

-- name: outcomes_of_team
-- title: A team's outcomes beside value per person, by week
-- about: Weeks in which the team has fewer than :least people are left out. Never value alone.
SELECT o.week, o.metric, o.value AS outcome, o.unit, o.source, u.value / u.people AS value_per_person, u.people
FROM outcomes AS o
INNER JOIN usage_by_team_week AS u ON u.team = o.team AND u.week = o.week
WHERE o.team = :team AND u.people >= 0 + :least
ORDER BY o.week, o.metric, o.source;

-- name: outcomes_by_team_and_week
-- title: Outcomes beside value, by team and week
-- about: What a team shipped and how it went, beside what its usage was worth. Never value alone.
SELECT o.week, o.team, o.metric, o.value AS outcome, o.source, u.value, u.gap
FROM outcomes AS o
LEFT JOIN usage_by_team_week AS u ON u.team = o.team AND u.week = o.week
ORDER BY o.week, o.team, o.metric;
