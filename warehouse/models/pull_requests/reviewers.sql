-- reviewers: accounts that reviewed
-- grain: one row per repository and account
-- columns:
--   repo_id: repository
--   login: log-in
--   kind: bot where it was ever called one, else person, or null where the forge does not tell
select
    repo_id,
    author as login,
    min(author_kind) as kind
from reviews
where author is not null
group by
    repo_id,
    author
