"""The nouns: frozen values that rooms hand to each other. No I/O, no imports of ours.

Times are timezone-aware UTC ``datetime`` values; sizes are bytes; durations are seconds. Import them from here.
"""

from mailmcp.models.authentication import (
    ArcChain,
    ArcSet,
    AuthResults,
    Claim,
    ClaimedResult,
    DkimSignature,
    DmarcResult,
    Result,
    SpfResult,
)
from mailmcp.models.domains import DnsRecord, DomainPlan, DomainReport, Finding, Standing
from mailmcp.models.mail import (
    Address,
    Arrival,
    Attachment,
    Channels,
    Codes,
    Defect,
    Envelope,
    Hidden,
    Link,
    Message,
    Source,
)
from mailmcp.models.sending import (
    Decision,
    Draft,
    DraftState,
    OutboundMail,
    OutgoingFile,
    Receipt,
    SendingVerdict,
    Submission,
    distinct,
)
from mailmcp.models.stored import Conversation, Inbox, InboxSummary, ListenerStatus, StoredMessage, ThreadSummary
from mailmcp.models.trust import Reason, Trust, Verdict

__all__ = [
    "Address",
    "ArcChain",
    "ArcSet",
    "Arrival",
    "Attachment",
    "AuthResults",
    "Channels",
    "Claim",
    "ClaimedResult",
    "Codes",
    "Conversation",
    "Decision",
    "Defect",
    "DkimSignature",
    "DmarcResult",
    "DnsRecord",
    "DomainPlan",
    "DomainReport",
    "Draft",
    "DraftState",
    "Envelope",
    "Finding",
    "Hidden",
    "Inbox",
    "InboxSummary",
    "Link",
    "ListenerStatus",
    "Message",
    "OutboundMail",
    "OutgoingFile",
    "Reason",
    "Receipt",
    "Result",
    "SendingVerdict",
    "Source",
    "SpfResult",
    "Standing",
    "StoredMessage",
    "Submission",
    "ThreadSummary",
    "Trust",
    "Verdict",
    "distinct",
]
