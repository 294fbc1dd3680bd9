"""The desk's working state, by domain."""

from shouyue.casework.models.agencies import Agency, AgencyAnswer, AgencyToken, Placement
from shouyue.casework.models.cases import (
    Case,
    Contact,
    ContactPoint,
    Customer,
    Handover,
    Loan,
    Phase,
    ScriptText,
    TimelineEntry,
)
from shouyue.casework.models.concessions import Concession, ConcessionPart, ConcessionStep, Instruction
from shouyue.casework.models.contact_changes import ToldLine
from shouyue.casework.models.details import ToldDetail
from shouyue.casework.models.interviews import Interview, InterviewDraft, InterviewForm
from shouyue.casework.models.lost import LostStep
from shouyue.casework.models.matters import Matter, MatterEvidence, MatterStep
from shouyue.casework.models.plans import Plan, PlanInstalment
from shouyue.casework.models.promises import Promise
from shouyue.casework.models.quotes import Quote, QuotePart, QuoteStep
from shouyue.casework.models.speaking import OtherSpeaker
from shouyue.casework.models.visits import Visit

__all__ = [
    "Agency",
    "AgencyAnswer",
    "AgencyToken",
    "Case",
    "Concession",
    "ConcessionPart",
    "ConcessionStep",
    "Contact",
    "ContactPoint",
    "Customer",
    "Handover",
    "Instruction",
    "Interview",
    "InterviewDraft",
    "InterviewForm",
    "Loan",
    "LostStep",
    "Matter",
    "MatterEvidence",
    "MatterStep",
    "OtherSpeaker",
    "Phase",
    "Placement",
    "Plan",
    "PlanInstalment",
    "Promise",
    "Quote",
    "QuotePart",
    "QuoteStep",
    "ScriptText",
    "TimelineEntry",
    "ToldDetail",
    "ToldLine",
    "Visit",
]
