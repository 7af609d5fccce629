-- tag_objects: annotated tags as objects of their own: records may name the object instead of the commit
-- grain: one row per repository and tag object
-- key: repo_id, object_sha
-- columns:
--   repo_id: repository
--   object_sha: id of the tag object
--   sha: the commit it leads to
select
    repo_id,
    object_sha,
    max(sha) as sha
from raw_refs
where
    object_sha is not null
    and sha is not null
group by
    repo_id,
    object_sha
