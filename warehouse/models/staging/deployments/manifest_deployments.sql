-- manifest_deployments: commits of a manifests repository that changed the version of an application
-- grain: one row per repository that was deployed, manifests repository, environment, application and step
-- key: repo_id, manifests_repo_id, environment, application, sha
-- columns:
--   repo_id: the repository of the application
--   manifests_repo_id: the manifests repository
--   sha: commit of the manifests repository
--   path: the file that names the version
--   environment: from the path or the file; empty where the manifests repository names no environment at all
--   application: from the path or the file
--   version: image tag, digest or commit as written, null where it was removed
--   changed_at: committer date of the step, UTC
--   position: place of the step on the manifests repository's default branch
with named as (
    select
        manifest_versions.*,
        max(environment) over (partition by manifests_repo_id) as any_environment
    from manifest_versions
),

applications as (
    select distinct
        repo_id,
        manifests_repo_id,
        application
    from deployment_rules
    where source = 'manifests'
)

select
    applications.repo_id,
    named.manifests_repo_id,
    named.sha,
    named.path,
    named.environment,
    named.application,
    named.version,
    named.changed_at,
    named.position
from named
inner join applications
    on
        named.manifests_repo_id = applications.manifests_repo_id
        and named.application = applications.application
where
    -- Beside files of environments, one without is the base of them, and deploys nothing by itself.
    named.environment <> ''
    or named.any_environment = ''
