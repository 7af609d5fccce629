"""The part of GitHub's GraphQL schema that the fake answers, for where the published schema is not at hand.

A test holds it against the published one: each type, field, argument and enum value is there, with the same type.
"""

from __future__ import annotations

import re

__all__ = ["EVENTS", "EXCERPT"]

_PAGED = "after: String, before: String, first: Int, last: Int"
_EVENT = "{ id: ID! createdAt: DateTime! actor: Actor"
_EVENT_FIELDS = {
    "AddedToMergeQueueEvent": "pullRequest: PullRequest enqueuer: User",
    "AutoMergeDisabledEvent": "pullRequest: PullRequest disabler: User reason: String reasonCode: String",
    "AutoMergeEnabledEvent": "pullRequest: PullRequest enabler: User",
    "AutoRebaseEnabledEvent": "pullRequest: PullRequest enabler: User",
    "AutoSquashEnabledEvent": "pullRequest: PullRequest enabler: User",
    "AutomaticBaseChangeSucceededEvent": "pullRequest: PullRequest! oldBase: String! newBase: String!",
    "BaseRefChangedEvent": "pullRequest: PullRequest! databaseId: Int currentRefName: String! previousRefName: String!",
    "ClosedEvent": "closer: Closer url: URI!",
    "ConvertToDraftEvent": "pullRequest: PullRequest! url: URI!",
    "DeployedEvent": "pullRequest: PullRequest! databaseId: Int deployment: Deployment! ref: Ref",
    "HeadRefForcePushedEvent": "pullRequest: PullRequest! beforeCommit: Commit afterCommit: Commit ref: Ref",
    "MergedEvent": "pullRequest: PullRequest! commit: Commit mergeRefName: String! url: URI!",
    "ReadyForReviewEvent": "pullRequest: PullRequest! url: URI!",
    "RemovedFromMergeQueueEvent": "pullRequest: PullRequest beforeCommit: Commit enqueuer: User reason: String",
    "ReopenedEvent": "",
    "ReviewDismissedEvent": "pullRequest: PullRequest! databaseId: Int dismissalMessage: String "
    "previousReviewState: PullRequestReviewState! review: PullRequestReview url: URI!",
    "ReviewRequestRemovedEvent": "pullRequest: PullRequest! requestedReviewer: RequestedReviewer",
    "ReviewRequestedEvent": "pullRequest: PullRequest! requestedReviewer: RequestedReviewer",
}
EVENTS = {kind: re.findall(r"(\w+):", text) for kind, text in _EVENT_FIELDS.items()}
"""Each kind of timeline event that the fake knows, and the names of its fields beyond id, time and actor."""

_CONNECTIONS = (
    "CheckRun",
    "CheckSuite",
    "Commit",
    "Deployment",
    "DeploymentProtectionRule",
    "DeploymentStatus",
    "Environment",
    "Label",
    "PullRequest",
    "PullRequestCommit",
    "PullRequestReview",
    "PullRequestReviewComment",
    "Ref",
    "Release",
    "Repository",
)
_ITEM_TYPES = (
    "ADDED_TO_MERGE_QUEUE_EVENT AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT AUTO_MERGE_DISABLED_EVENT "
    "AUTO_MERGE_ENABLED_EVENT AUTO_REBASE_ENABLED_EVENT AUTO_SQUASH_ENABLED_EVENT BASE_REF_CHANGED_EVENT "
    "CLOSED_EVENT CONVERT_TO_DRAFT_EVENT DEPLOYED_EVENT HEAD_REF_FORCE_PUSHED_EVENT MERGED_EVENT "
    "READY_FOR_REVIEW_EVENT REMOVED_FROM_MERGE_QUEUE_EVENT REOPENED_EVENT REVIEW_DISMISSED_EVENT "
    "REVIEW_REQUESTED_EVENT REVIEW_REQUEST_REMOVED_EVENT"
)

_QUERY = f"""
scalar BigInt scalar DateTime scalar GitObjectID scalar GitTimestamp scalar URI

type Query {{
  rateLimit(dryRun: Boolean = false): RateLimit
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  organization(login: String!): Organization
  repositoryOwner(login: String!): RepositoryOwner
  viewer: User!
}}
type RateLimit {{ cost: Int! limit: Int! nodeCount: Int! remaining: Int! resetAt: DateTime! used: Int! }}
type PageInfo {{ endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }}
interface Node {{ id: ID! }}

interface Actor {{ login: String! url: URI! }}
interface RepositoryOwner {{
  id: ID! login: String! url: URI!
  repositories({_PAGED}, isArchived: Boolean, isFork: Boolean, orderBy: RepositoryOrder): RepositoryConnection!
}}
type User implements Actor & Node & RepositoryOwner {{
  id: ID! login: String! url: URI! databaseId: Int
  repositories({_PAGED}, isArchived: Boolean, isFork: Boolean, orderBy: RepositoryOrder): RepositoryConnection!
}}
type Organization implements Actor & Node & RepositoryOwner {{
  id: ID! login: String! url: URI! databaseId: Int
  repositories({_PAGED}, isArchived: Boolean, isFork: Boolean, orderBy: RepositoryOrder): RepositoryConnection!
}}
type Bot implements Actor & Node {{ id: ID! login: String! url: URI! databaseId: Int }}
type Mannequin implements Actor & Node {{ id: ID! login: String! url: URI! databaseId: Int }}
type Team implements Node {{ id: ID! name: String! slug: String! combinedSlug: String! }}
union RequestedReviewer = Bot | Mannequin | Team | User
union Closer = Commit | PullRequest
union DeploymentReviewer = Team | User

enum OrderDirection {{ ASC DESC }}
enum IssueOrderField {{ CREATED_AT UPDATED_AT }}
enum DeploymentOrderField {{ CREATED_AT }}
enum ReleaseOrderField {{ CREATED_AT NAME }}
enum RepositoryOrderField {{ CREATED_AT NAME PUSHED_AT UPDATED_AT }}
input IssueOrder {{ direction: OrderDirection! field: IssueOrderField! }}
input DeploymentOrder {{ direction: OrderDirection! field: DeploymentOrderField! }}
enum RefOrderField {{ ALPHABETICAL TAG_COMMIT_DATE }}
input RefOrder {{ direction: OrderDirection! field: RefOrderField! }}
input ReleaseOrder {{ direction: OrderDirection! field: ReleaseOrderField! }}
input RepositoryOrder {{ direction: OrderDirection! field: RepositoryOrderField! }}

type Repository implements Node {{
  id: ID! databaseId: Int name: String! nameWithOwner: String! owner: RepositoryOwner! url: URI!
  createdAt: DateTime! updatedAt: DateTime! pushedAt: DateTime
  isArchived: Boolean! isDisabled: Boolean! isEmpty: Boolean! isFork: Boolean! isPrivate: Boolean!
  defaultBranchRef: Ref
  ref(qualifiedName: String!): Ref
  refs({_PAGED}, orderBy: RefOrder, refPrefix: String!): RefConnection
  object(expression: String, oid: GitObjectID): GitObject
  pullRequest(number: Int!): PullRequest
  pullRequests({_PAGED}, baseRefName: String, headRefName: String, labels: [String!], orderBy: IssueOrder,
    states: [PullRequestState!]): PullRequestConnection!
  deployments({_PAGED}, environments: [String!],
    orderBy: DeploymentOrder = {{ field: CREATED_AT, direction: ASC }}): DeploymentConnection!
  environments({_PAGED}): EnvironmentConnection!
  releases({_PAGED}, orderBy: ReleaseOrder): ReleaseConnection!
}}
"""

_PULLS = f"""
enum PullRequestState {{ CLOSED MERGED OPEN }}
enum PullRequestReviewState {{ APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }}
enum PullRequestTimelineItemsItemType {{ {_ITEM_TYPES} }}

type PullRequest implements Node {{
  id: ID! fullDatabaseId: BigInt number: Int! url: URI! repository: Repository!
  title: String! body: String! bodyText: String! author: Actor state: PullRequestState!
  isDraft: Boolean! isCrossRepository: Boolean! merged: Boolean! closed: Boolean! isInMergeQueue: Boolean!
  createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime mergedAt: DateTime mergedBy: Actor
  headRefName: String! headRefOid: GitObjectID! baseRefName: String! baseRefOid: GitObjectID! mergeCommit: Commit
  additions: Int! deletions: Int! changedFiles: Int!
  labels({_PAGED}): LabelConnection
  commits({_PAGED}): PullRequestCommitConnection!
  reviews({_PAGED}, author: String, states: [PullRequestReviewState!]): PullRequestReviewConnection
  timelineItems({_PAGED}, itemTypes: [PullRequestTimelineItemsItemType!], since: DateTime, skip: Int):
    PullRequestTimelineItemsConnection!
}}
type Label implements Node {{ id: ID! name: String! }}
type PullRequestCommit implements Node {{ id: ID! commit: Commit! pullRequest: PullRequest! }}
type PullRequestReviewComment implements Node {{ id: ID! }}
type PullRequestReview implements Node {{
  id: ID! fullDatabaseId: BigInt author: Actor state: PullRequestReviewState! createdAt: DateTime!
  submittedAt: DateTime updatedAt: DateTime! commit: Commit body: String! url: URI! pullRequest: PullRequest!
  comments({_PAGED}): PullRequestReviewCommentConnection!
}}
type PullRequestTimelineItemsConnection {{
  nodes: [PullRequestTimelineItems] pageInfo: PageInfo! totalCount: Int! filteredCount: Int! pageCount: Int!
}}
union PullRequestTimelineItems = {" | ".join(_EVENT_FIELDS)}
"""

_GIT = f"""
interface GitObject {{ id: ID! oid: GitObjectID! abbreviatedOid: String! commitUrl: URI! repository: Repository! }}
type GitActor {{ name: String email: String date: GitTimestamp user: User }}
type Commit implements GitObject & Node {{
  id: ID! oid: GitObjectID! abbreviatedOid: String! url: URI! commitUrl: URI! repository: Repository!
  message: String! messageHeadline: String! author: GitActor committer: GitActor
  authoredDate: DateTime! committedDate: DateTime!
  parents({_PAGED}): CommitConnection!
  history({_PAGED}): CommitHistoryConnection!
  checkSuites({_PAGED}): CheckSuiteConnection
}}
type CommitHistoryConnection {{ nodes: [Commit] pageInfo: PageInfo! totalCount: Int! }}
type Tag implements GitObject & Node {{
  id: ID! oid: GitObjectID! abbreviatedOid: String! commitUrl: URI! repository: Repository!
  name: String! message: String tagger: GitActor target: GitObject!
}}
type Ref implements Node {{ id: ID! name: String! prefix: String! repository: Repository! target: GitObject }}
type Release implements Node {{
  id: ID! databaseId: Int name: String tagName: String! tagCommit: Commit url: URI! author: User
  isDraft: Boolean! isPrerelease: Boolean! createdAt: DateTime! publishedAt: DateTime updatedAt: DateTime!
}}
"""

_SHIPPING = f"""
enum DeploymentState {{
  ABANDONED ACTIVE DESTROYED ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING
}}
enum DeploymentStatusState {{ ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING }}
enum DeploymentProtectionRuleType {{ BRANCH_POLICY REQUIRED_REVIEWERS WAIT_TIMER }}
enum CheckStatusState {{ COMPLETED IN_PROGRESS PENDING QUEUED REQUESTED WAITING }}
enum CheckConclusionState {{
  ACTION_REQUIRED CANCELLED FAILURE NEUTRAL SKIPPED STALE STARTUP_FAILURE SUCCESS TIMED_OUT
}}

type Deployment implements Node {{
  id: ID! databaseId: Int commit: Commit commitOid: String! ref: Ref repository: Repository! creator: Actor!
  environment: String latestEnvironment: String originalEnvironment: String description: String payload: String
  task: String state: DeploymentState createdAt: DateTime! updatedAt: DateTime! latestStatus: DeploymentStatus
  statuses({_PAGED}): DeploymentStatusConnection
}}
type DeploymentStatus implements Node {{
  id: ID! state: DeploymentStatusState! createdAt: DateTime! updatedAt: DateTime! creator: Actor!
  description: String environment: String environmentUrl: URI logUrl: URI deployment: Deployment!
}}
type Environment implements Node {{
  id: ID! databaseId: Int name: String! protectionRules({_PAGED}): DeploymentProtectionRuleConnection!
}}
type DeploymentProtectionRule {{
  databaseId: Int timeout: Int! type: DeploymentProtectionRuleType!
  reviewers({_PAGED}): DeploymentReviewerConnection!
}}
type DeploymentReviewerConnection {{ nodes: [DeploymentReviewer] pageInfo: PageInfo! totalCount: Int! }}
type Workflow implements Node {{ id: ID! databaseId: Int name: String! }}
type WorkflowRun implements Node {{
  id: ID! databaseId: Int checkSuite: CheckSuite! createdAt: DateTime! updatedAt: DateTime! event: String!
  runNumber: Int! url: URI! workflow: Workflow!
}}
type CheckSuite implements Node {{
  id: ID! databaseId: Int commit: Commit! branch: Ref conclusion: CheckConclusionState status: CheckStatusState!
  createdAt: DateTime! updatedAt: DateTime! workflowRun: WorkflowRun
  checkRuns({_PAGED}): CheckRunConnection
}}
type CheckRun implements Node {{
  id: ID! databaseId: Int name: String! conclusion: CheckConclusionState status: CheckStatusState!
  startedAt: DateTime completedAt: DateTime url: URI!
}}
"""


def _excerpt() -> str:
    events = [f"type {name} implements Node {_EVENT} {rest} }}" for name, rest in _EVENT_FIELDS.items()]
    connections = [
        f"type {name}Connection {{ nodes: [{name}] pageInfo: PageInfo! totalCount: Int! }}" for name in _CONNECTIONS
    ]
    return "\n".join([_QUERY, _PULLS, _GIT, _SHIPPING, *events, *connections])


EXCERPT = _excerpt()
