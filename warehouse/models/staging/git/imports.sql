-- imports: import statements that commits added to or removed from source files, where the clone had the contents
-- grain: one row per commit, path, kind and module
-- key: repo_id, sha, path, kind, module
-- columns:
--   repo_id: repository
--   sha: commit
--   path: the source file
--   kind: import, or declares (the package or namespace of the file)
--   module: what is imported or declared, as written
--   added: whether the commit added it; false: it removed it
select distinct
    raw_imports.repo_id,
    raw_imports.sha,
    raw_imports.path,
    raw_imports.kind,
    raw_imports.module,
    raw_imports.added
from raw_imports
