"""What is held about a person here: handed over, or forgotten."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests.tables import MailSetting, Notice, PausedAddress, TopicRhythm


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    """Notifications, and how the person wants to be written to. Links stay here: some of the
    pages they lead to are another's by now."""
    notices = session.scalars(select(Notice).filter_by(user_id=user_id).order_by(Notice.id))
    rhythms = session.scalars(
        select(TopicRhythm).filter_by(user_id=user_id).order_by(TopicRhythm.topic)
    )
    settings = session.scalars(select(MailSetting).filter_by(user_id=user_id))
    address = select(func.lower(User.email)).where(User.id == user_id).scalar_subquery()
    paused = session.scalars(select(PausedAddress).where(PausedAddress.address == address))
    settled: list[dict[str, object]] = [
        {
            "jour_de_la_semaine": row.weekday,
            "urgences_tout_de_suite": row.urgent_at_once,
            "en_pause_jusqu_au": row.paused_until,
        }
        for row in settings
    ]
    settled += [
        {"adresse_en_pause": row.reason, "reponse": row.said, "depuis_le": row.paused_at}
        for row in paused
    ]
    return {
        "notifications": [
            {
                "sujet": row.topic,
                "titre": row.title,
                "ecrite_le": row.created_at,
                "lue_le": row.read_at,
                "courriel": row.mail_id,
            }
            for row in notices
        ],
        "rythmes_des_courriels": [{"sujet": row.topic, "rythme": row.rhythm} for row in rhythms],
        "reglages_des_courriels": settled,
    }


def erase(session: Session, user_id: int, address: str | None) -> None:
    """Forget all of it, before the account forgets its address."""
    for table in (Notice, TopicRhythm, MailSetting):
        session.execute(delete(table).where(table.user_id == user_id))
    if address is not None:
        session.execute(delete(PausedAddress).where(PausedAddress.address == address.lower()))
