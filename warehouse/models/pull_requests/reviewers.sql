-- reviewers: accounts that reviewed
-- grain: one row per repository and account
-- key: repo_id, login
-- columns:
--   repo_id: repository
--   login: log-in
--   kind: bot if the forge ever called it one, else person, or null where the forge does not report it
select
    repo_id,
    author as login,
    min(author_kind) as kind
from reviews
where author is not null
group by
    repo_id,
    author
