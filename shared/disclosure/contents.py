"""What is in an archive about an agreement: a file for each kind of record, with all columns, and nothing of others.

A row is as its table has it, with the codes of areas beside their ids; `areas.ndjson` has both. Keys and webhooks are
in none of these tables; who sent a file, which an import keeps for its rows, is left out.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.activity_type import Wording
from shared.domain.observation import POPULATION


class File(NamedTuple):
    """A file of an archive: its name, what is in it, and the SELECT of its lines, each an object of JSON as text.

    The statement takes `agreement_id`, `code`, `areas` (the ids of the areas that the agreement covers, and of all
    inside), `first` and `last`, its days.
    """

    name: str
    says: Wording
    select: str


def _code(column: str) -> str:
    return f"(SELECT code FROM area WHERE area.area_id = {column})"


# A period that has a day in common with the agreement.
_OVERLAPS = "period_start <= :last AND next_period_start(period_type, period_start) > :first"
# Figures per inhabitant are reckoned by the population of the year before.
_IN_TIME = f"({_OVERLAPS} OR measure = '{POPULATION}' AND period_start >= CAST(:first AS date) - interval '1 year')"
_OBSERVED = f"observation.area_id = ANY (:areas) AND {_IN_TIME} AND period_start <= :last"
# Those that have brought activities of the agreement, and those of its areas, until a year after its end.
_IMPORTED = """(import_id IN (SELECT activity.import_id FROM activity WHERE activity.agreement_id = :agreement_id)
    OR owner_area_id = ANY (:areas) AND started_at >= CAST(:first AS date)
       AND started_at < CAST(:last AS date) + interval '1 year')"""

FILES = (
    File(
        "agreement.ndjson",
        Wording(sv="Överenskommelsen och dess områden.", en="The agreement and its areas."),
        f"""SELECT (to_jsonb(agreement) || jsonb_build_object(
                'succeeds', (SELECT code FROM agreement AS former WHERE former.agreement_id = agreement.succeeds_id),
                'areas', ARRAY(SELECT {_code("covered.area_id")} FROM agreement_area AS covered
                               WHERE covered.agreement_id = agreement.agreement_id ORDER BY 1)))::text
            FROM agreement WHERE agreement_id = :agreement_id""",
    ),
    File(
        "annexes.ndjson",
        Wording(sv="Bilagorna, med uppföljningar.", en="The annexes, with what was found when they were followed up."),
        "SELECT to_jsonb(annex)::text FROM annex WHERE agreement_id = :agreement_id ORDER BY number",
    ),
    File(
        "targets.ndjson",
        Wording(sv="Målen.", en="The targets."),
        f"""SELECT (to_jsonb(target) || jsonb_build_object('area', {_code("target.area_id")}))::text
            FROM target WHERE agreement_id = :agreement_id ORDER BY target_id""",
    ),
    File(
        "commitments.ndjson",
        Wording(sv="Åtaganden och medborgarlöften.", en="Commitments and citizen promises."),
        "SELECT to_jsonb(commitment)::text FROM commitment WHERE agreement_id = :agreement_id ORDER BY code",
    ),
    File(
        "commitment-areas.ndjson",
        Wording(
            sv="När varje åtagande ska vara uppfyllt i varje område, och hur mycket som är gjort.",
            en="When each commitment is due in each area, and how much is done.",
        ),
        f"""SELECT (to_jsonb(owed) || jsonb_build_object('commitment', commitment.code, 'area', {_code("owed.area_id")})
                   )::text
            FROM commitment_area AS owed JOIN commitment USING (commitment_id)
            WHERE agreement_id = :agreement_id ORDER BY commitment.code, due_on, owed.area_id""",
    ),
    File(
        "areas.ndjson",
        Wording(
            sv="Områdena som överenskommelsen gäller, och allt inom dem, med roller och skolterminer.",
            en="The areas that the agreement covers, and all inside, with roles and school terms.",
        ),
        f"""SELECT (to_jsonb(area) || jsonb_build_object(
                'parents', ARRAY(SELECT jsonb_build_object('area', {_code("parent_id")}, 'valid', edge.valid)
                                 FROM area_edge AS edge WHERE child_id = area.area_id ORDER BY edge.valid),
                'roles', ARRAY(SELECT to_jsonb(in_role) FROM area_role AS in_role
                               WHERE in_role.area_id = area.area_id ORDER BY in_role.role, in_role.valid),
                'terms', ARRAY(SELECT to_jsonb(term) FROM term_span AS term
                               WHERE term.area_id = area.area_id ORDER BY term.valid)))::text
            FROM area WHERE area_id = ANY (:areas) ORDER BY code""",
    ),
    File(
        "activities.ndjson",
        Wording(
            sv="Aktiviteterna som har rapporterats inom överenskommelsen.",
            en="The activities that were reported under the agreement.",
        ),
        f"""SELECT (to_jsonb(activity) || jsonb_build_object('area', {_code("activity.area_id")}))::text
            FROM activity WHERE agreement_id = :agreement_id ORDER BY activity_id""",
    ),
    File(
        "observations.ndjson",
        Wording(
            sv="Mätvärdena för områdena och tiden. Här finns också värden som är dolda på andra håll.",
            en="The observations of the areas and the time. Figures that are hidden elsewhere are here, too.",
        ),
        f"""SELECT (to_jsonb(observation) || jsonb_build_object('area', {_code("observation.area_id")}))::text
            FROM observation WHERE {_OBSERVED} ORDER BY observation_id""",
    ),
    File(
        "observation-revisions.ndjson",
        Wording(sv="Vad mätvärdena var innan de ändrades.", en="What the observations were before they changed."),
        f"""SELECT to_jsonb(former)::text
            FROM observation_revision AS former JOIN observation USING (observation_id)
            WHERE {_OBSERVED} ORDER BY former.observation_id, former.revision""",
    ),
    File(
        "note-removals.ndjson",
        Wording(
            sv="Vilka kommentarer som har tagits bort överallt, när och varför. Vad de sade finns inte kvar.",
            en="Which notes were removed wherever they were kept, when and why. What they said is nowhere.",
        ),
        f"""SELECT (to_jsonb(gone) || jsonb_build_object('area', {_code("gone.area_id")}))::text
            FROM note_removal AS gone WHERE area_id = ANY (:areas) AND {_OVERLAPS} ORDER BY note_id""",
    ),
    File(
        "notes.ndjson",
        Wording(sv="Kommentarerna till områdenas värden.", en="The notes on the areas' figures."),
        f"""SELECT (to_jsonb(note) || jsonb_build_object('area', {_code("note.area_id")}))::text
            FROM indicator_note AS note WHERE area_id = ANY (:areas) AND {_OVERLAPS} ORDER BY note_id""",
    ),
    File(
        "breaks.ndjson",
        Wording(
            sv="Startpunkterna: från vilken månad en indikator inte jämförs med tidigare värden, och varför.",
            en="The breaks: from which month on an indicator is not compared with earlier figures, and why.",
        ),
        f"""SELECT (to_jsonb(begun) || jsonb_build_object('area', {_code("begun.area_id")}))::text
            FROM series_break AS begun WHERE area_id = ANY (:areas) AND starts_on <= :last ORDER BY break_id""",
    ),
    File(
        "imports.ndjson",
        Wording(
            sv="Rapporterna om inlästa filer: de som innehöll aktiviteter inom överenskommelsen, och områdenas egna.",
            en="The reports on imported files: those with activities under the agreement, and the areas' own.",
        ),
        f"""SELECT (to_jsonb(file_import) - '{{caller,sent_by,granted_area_ids}}'::text[]
                    || jsonb_build_object('owner', {_code("file_import.owner_area_id")}))::text
            FROM file_import WHERE {_IMPORTED} ORDER BY import_id""",
    ),
    File(
        "import-remarks.ndjson",
        Wording(
            sv="Vilka rader som inte kunde läsas in, och varför; utom för filer som rör andra överenskommelser.",
            en="Which rows could not be imported, and why; but for files that concern other agreements.",
        ),
        f"""SELECT to_jsonb(remark)::text
            FROM file_import_remark AS remark JOIN file_import USING (import_id)
            WHERE {_IMPORTED} AND NOT EXISTS (SELECT FROM activity
                                              WHERE activity.import_id = remark.import_id
                                                AND activity.agreement_id <> :agreement_id)
            ORDER BY remark_id""",
    ),
    File(
        "indicator-values.ndjson",
        Wording(
            sv="Områdenas värden under tiden, med mål och jämförelser, som alla får se dem.",
            en="The areas' figures of the time, with targets and comparisons, as everybody sees them.",
        ),
        f"""SELECT (to_jsonb(served) - '{{series_id,area_id,changed_in,change_number}}'::text[])::text
            FROM served_value AS served
            WHERE area_id = ANY (:areas) AND {_OVERLAPS} ORDER BY series_id, area_id, period_type, period_start""",
    ),
    File(
        "later-values.ndjson",
        Wording(
            sv="Vad områdenas värden i stängda perioder skulle vara med det som har kommit in sedan dess.",
            en="What the areas' figures of closed periods would be by what has come since.",
        ),
        f"""SELECT (to_jsonb(later) || jsonb_build_object(
                'area', {_code("later.area_id")}, 'indicator_code', indicator_code, 'slice', slice))::text
            FROM later_value AS later JOIN indicator_series USING (series_id)
            WHERE area_id = ANY (:areas) AND {_OVERLAPS} ORDER BY series_id, area_id, period_type, period_start""",
    ),
    File(
        "municipal-definitions.ndjson",
        Wording(
            sv="De indikatorer, aktivitetstyper och roller som områdena själva har lagt till, i varje version.",
            en="The indicators, activity types and roles that the areas have added themselves, in each version.",
        ),
        f"""SELECT (to_jsonb(own) || jsonb_build_object('areas', ARRAY(
                SELECT {_code("owner.area_id")} FROM municipal_definition_area AS owner
                WHERE (owner.kind, owner.code, owner.version) = (own.kind, own.code, own.version) ORDER BY 1)))::text
            FROM municipal_definition AS own
            WHERE EXISTS (SELECT FROM municipal_definition_area AS owner JOIN area_closure ON ancestor_id = area_id
                          WHERE (owner.kind, owner.code) = (own.kind, own.code) AND descendant_id = ANY (:areas))
            ORDER BY kind, code, version""",
    ),
    File(
        "periods.ndjson",
        Wording(
            sv="Överenskommelsens perioder: hur långt stängningen har kommit, och vilka bilagor som är klarmarkerade.",
            en="The periods of the agreement: how far their closing has come, and which annexes are marked ready.",
        ),
        """SELECT (to_jsonb(period) || jsonb_build_object(
               'period', period_code(period_type, period_start),
               'ready_annexes', ARRAY(SELECT to_jsonb(ready) FROM ready_annex AS ready
                                      WHERE ready.agreement_period_id = period.agreement_period_id
                                      ORDER BY annex_number)))::text
           FROM agreement_period AS period WHERE agreement_id = :agreement_id ORDER BY period_start, period_type""",
    ),
    File(
        "period-steps.ndjson",
        Wording(
            sv="Hur överenskommelsens perioder har stängts och öppnats igen, av vem och varför.",
            en="How periods of the agreement have been closed and reopened, by whom and why.",
        ),
        """SELECT (to_jsonb(taken) || jsonb_build_object('period', period_code(period_type, period_start)))::text
           FROM agreement_period_step AS taken JOIN agreement_period USING (agreement_period_id)
           WHERE agreement_id = :agreement_id ORDER BY step_id""",
    ),
    File(
        "closed-definitions.ndjson",
        Wording(
            sv="Hur indikatorerna i varje version var definierade när perioden stängdes.",
            en="How the indicators of each revision were defined when the period was closed.",
        ),
        """SELECT to_jsonb(closed)::text
           FROM closed_definition AS closed
           WHERE agreement_period_id IN (SELECT agreement_period_id FROM agreement_period
                                         WHERE agreement_id = :agreement_id)
           ORDER BY agreement_period_id, closing_revision, indicator_code""",
    ),
    File(
        "closed-values.ndjson",
        Wording(
            sv="Värdena i varje version av perioderna, som de var när perioden stängdes, "
            "också de som har dolts sedan dess.",
            en="The figures of each revision of the periods, as they were when the period was closed, "
            "also those that have been hidden since.",
        ),
        """SELECT to_jsonb(closed)::text
           FROM closed_value AS closed
           WHERE agreement_period_id IN (SELECT agreement_period_id FROM agreement_period
                                         WHERE agreement_id = :agreement_id)
           ORDER BY agreement_period_id, closing_revision, series_id, area_id, period_type, period_start""",
    ),
    File(
        "closed-notes.ndjson",
        Wording(
            sv="Kommentarerna i varje version av perioderna, som de löd när perioden stängdes; borttagna utan text.",
            en="The notes of each revision of the periods, as they were when it was closed; removed ones without text.",
        ),
        f"""SELECT (to_jsonb(closed) || jsonb_build_object('area', {_code("closed.area_id")}))::text
            FROM closed_note AS closed
            WHERE agreement_period_id IN (SELECT agreement_period_id FROM agreement_period
                                          WHERE agreement_id = :agreement_id)
            ORDER BY agreement_period_id, closing_revision, closed_note_id""",
    ),
    File(
        "fact-removals.ndjson",
        Wording(
            sv="När uppgifter har gallrats, och från tiden före vilken dag. De finns inte i de andra filerna.",
            en="When facts have been removed, and from before which day. They are in no other file.",
        ),
        "SELECT to_jsonb(removal)::text FROM fact_removal AS removal ORDER BY before",
    ),
    File(
        "audit-entries.ndjson",
        Wording(
            sv="Loggen: vem som skrev vad av detta, när, och vad som stod där före och efter.",
            en="The audit trail: who wrote what of this, when, and what was there before and after.",
        ),
        f"""SELECT to_jsonb(entry)::text FROM audit_entry AS entry
            WHERE address = 'agreements/' || :code OR starts_with(address, 'agreements/' || :code || '/')
               OR resource = 'activities' AND CAST(:agreement_id AS text) IN (before ->> 'agreement_id',
                                                                              after ->> 'agreement_id')
               OR resource IN ('observations', 'notes', 'note-removals') AND area_id = ANY (:areas)
                  AND (coalesce(after, before) ->> 'period_start')::date BETWEEN CAST(:first AS date) - 366 AND :last
               OR resource = 'breaks' AND area_id = ANY (:areas)
                  AND (coalesce(after, before) ->> 'starts_on')::date <= :last
               OR address IN (SELECT makes_noun || '/' || import_id
                              FROM file_import
                              CROSS JOIN LATERAL (SELECT CASE makes WHEN 'activities' THEN 'activity-imports'
                                                         ELSE 'observation-imports' END AS makes_noun) AS named
                              WHERE {_IMPORTED})
            ORDER BY number""",
    ),
)
