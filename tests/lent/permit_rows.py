"""Invented rows in the shapes of the real permit lists: places, people and numbers are made up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = [[8.53, 47.36], [8.54, 47.36], [8.54, 47.37], [8.53, 47.37], [8.53, 47.36]]
BOW_TIE = [[8.53, 47.36], [8.54, 47.37], [8.54, 47.36], [8.53, 47.37], [8.53, 47.36]]
ONECALL = 'xmlns:onecall="http://www.pelicancorp.com/onecall" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
WKT = "POLYGON((-122.27 38.09,-122.269 38.09,-122.269 38.091,-122.27 38.091,-122.27 38.09))"
FRENCH = (
    'xmlns:t="http://www.reseaux-et-canalisations.gouv.fr/schema-teleservice/2.1"'
    ' xmlns:gml="http://www.opengis.net/gml/3.2"'
)
RING = "2.3010,47.9007 2.3030,47.9003 2.3027,47.8994 2.3010,47.9007"


def taipei(**change: Any) -> dict[str, Any]:
    row = {
        "AC_NO": "113999001",
        "LAT": 25.04,
        "LON": 121.52,
        "X": 302472.257,
        "Y": 2770308.831,
        "TC_NA": "某某營造有限公司",
        "TC_TL": "0000000000",
        "CB_DA": "113/06/17",
        "CE_DA": "113/06/19",
        "PURP": "民生需求-新建房屋",
        "PURPNAME": "",
        "WITEM": "明挖",
        "CO_TI": "日間施工9時至16時",
        "AP_NAME": "某單位",
        "DIGADD": "某路1號前",
    }
    return row | change


def zurich(ring: object = None, **change: Any) -> dict[str, Any]:
    told = {
        "Projektbeschrieb": "Kanalersatz in offener Bauweise",
        "Baunummer": "99001",
        "Baubeginn": "20150209",
        "Bauende": "20150928",
        "Baubereich": "A bis B",
        "Name": "Musterstrasse",
    }
    geometry = {"type": "Polygon", "coordinates": [SQUARE if ring is None else ring]}
    return {"type": "Feature", "geometry": geometry, "properties": told | change}


def features(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(rows), **more}


def street(**change: Any) -> dict[str, Any]:
    told = {
        "permit_reference_number": "TSR99-01",
        "promoter_organisation": "Invented Water",
        "works_location_coordinates": "LINESTRING(530000 180000,530040 179970)",
        "street_name": "INVENTED STREET",
        "proposed_start_date": "2020-06-10T00:00:00.000Z",
        "proposed_start_time": None,
        "proposed_end_date": "2020-06-12T00:00:00.000Z",
        "proposed_end_time": None,
        "work_category_ref": "standard",
        "work_status_ref": "planned",
        "permit_status": "granted",
        "activity_type": "Remedial works",
    }
    return {"event_reference": 1, "object_reference": "TSR99-01", "object_data": told | change}


def sewer(kind: str = "MultiLineString", **change: Any) -> dict[str, Any]:
    told = {"id_a": "P-1", "id_b": "none", "location": "A St", "scope": "Install (N) side sewer", "status": None}
    at = [-122.5050, 37.7356]
    geometry = {"type": kind, "coordinates": at if kind == "Point" else [[at, [-122.5040, 37.7356]]]}
    return {"type": "Feature", "geometry": geometry, "properties": told | change}


def road_event(**change: Any) -> dict[str, Any]:
    told = {
        "core_details": {"event_type": "work-zone", "road_names": ["I-1"], "description": "invented"},
        "start_date": "2026-01-01T14:00:00Z",
        "end_date": "2026-01-05T23:00:00Z",
        "is_start_date_verified": True,
        "is_end_date_verified": True,
    }
    geometry = {"type": "LineString", "coordinates": [[-93.77, 41.61], [-93.77, 41.62]]}
    return {"id": "e1", "type": "Feature", "properties": told | change, "geometry": geometry}


def ticket(number: str = "2026091500019", **change: str) -> str:
    """Return a one-call ticket; a field is changed by its element's name."""
    fields = {
        "StationCode": "INVENTED",
        "TicketNumber": number,
        "TicketRevisionNumber": "000",
        "SequenceNumber": "41",
        "SubmittedDate": "2026-09-15T14:57:44.804207-07:00",
        "LegalStartDate": "2026-09-19T17:01:00-07:00",
        "TicketExpirationDate": "2026-10-13T23:59:59-07:00",
        "IsEmergency": "false",
        "TicketStatus": "Original",
        "TicketType": "Normal",
        "WorkType": "Road Work",
        "ExcavationSize": "70 Ft diameter",
        "ExcavationMethod": "Hand digging",
        "AnticipatedDepth": "48 to 84 inches",
        "ProjectOwner": "Nobody",
        "Boring": "false",
        "Explosives": "false",
    }
    place = {"AddressLocation": "1 A St", "Latitude": "38.0905", "Longitude": "-122.2695", "WKT": WKT}
    customer = {"Name": "A", "Company": "Invented Digging", "Phone": "0"}
    blocks = (("ReferralDetails", fields), ("CustomerDetails", customer), ("LocationDetails", place))
    body = "".join(
        f"<onecall:{block}>"
        + "".join(f"<onecall:{name}>{change.get(name, value)}</onecall:{name}>" for name, value in told.items())
        + f"</onecall:{block}>"
        for block, told in blocks
    )
    return f"<onecall:OneCallReferral {ONECALL}>{body}</onecall:OneCallReferral>"


def dig_site(srs: str = "EPSG:4326", ring: str = "-122.27 38.09 -122.269 38.09 -122.269 38.091 -122.27 38.09") -> str:
    return (
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:o="http://www.pelicancorp.com/onecallgml">'
        "<gml:featureMember><o:OneCallReferral_single_feature_multigeometry><o:id>2026-000</o:id>"
        f'<gml:multiGeometryProperty><gml:MultiGeometry srsName="{srs}"><gml:geometryMember><gml:Polygon>'
        f"<gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior>"
        "</gml:Polygon></gml:geometryMember></gml:MultiGeometry></gml:multiGeometryProperty>"
        "</o:OneCallReferral_single_feature_multigeometry></gml:featureMember></gml:FeatureCollection>"
    )


def emprise(srs: str = "urn:ogc:def:crs:EPSG::4171", *rings: str) -> str:
    polygons = "".join(
        "<gml:Polygon><gml:exterior><gml:LinearRing>"
        f"<gml:coordinates>{ring}</gml:coordinates></gml:LinearRing></gml:exterior></gml:Polygon>"
        for ring in rings or (RING,)
    )
    return f'<t:emprise><t:geometrie srsName="{srs}"><gml:surfaceMembers>{polygons}</gml:surfaceMembers></t:geometrie></t:emprise>'  # noqa: E501


def dict_(begins: str = "2026-04-01+02:00", days: str = "100", ground: str | None = None, number: str = "1T") -> str:
    return (
        f"<t:DICT><t:noConsultationDuTeleservice>{number}</t:noConsultationDuTeleservice>"
        "<t:executantDesTravaux><t:denomination>Inventé SA</t:denomination><t:tel>0</t:tel></t:executantDesTravaux>"
        f"{emprise() if ground is None else ground}<t:travauxEtLeurCalendrier>"
        "<t:natureDesTravaux>DEM</t:natureDesTravaux><t:natureDesTravaux>TER</t:natureDesTravaux><t:techniquesUtilisees>ELE</t:techniquesUtilisees>"
        "<t:techniquesUtilisees>PEL</t:techniquesUtilisees><t:profondeurMaxDExcavation>200</t:profondeurMaxDExcavation>"
        f"<t:datePrevuePourLeCommencementDesTravaux>{begins}</t:datePrevuePourLeCommencementDesTravaux>"
        f"<t:dureeDuChantierEnJours>{days}</t:dureeDuChantierEnJours></t:travauxEtLeurCalendrier>"
        "<t:DtLiee><t:responsableDuProjet><t:denomination>Commune inventée</t:denomination></t:responsableDuProjet>"
        f"{emprise('urn:ogc:def:crs:EPSG::4171', RING)}</t:DtLiee></t:DICT>"
    )


def atu(
    begins: str = "2026-08-24+02:00", hour: str = "08:00:00.000+02:00", halves: str = "4", over: str = "false"
) -> str:
    return (
        "<t:ATU><t:noConsultationDuTeleservice>2T</t:noConsultationDuTeleservice><t:chantierTermineOuChantierAVenir>"
        f"<t:pasDeReponseAFournirChantierTermine>{over}</t:pasDeReponseAFournirChantierTermine>"
        "</t:chantierTermineOuChantierAVenir><t:personneOrdonnantLesTravauxUrgents><t:nom>Régie inventée</t:nom>"
        f"<t:tel>0</t:tel></t:personneOrdonnantLesTravauxUrgents>{emprise()}<t:travauxEmplacementDureeDescription>"
        f"<t:dateDebutDesTravaux>{begins}</t:dateDebutDesTravaux><t:heureDebutDesTravaux>{hour}</t:heureDebutDesTravaux>"
        f"<t:dureeTravauxDemiJournees>{halves}</t:dureeTravauxDemiJournees>"
        "<t:travauxEtMoyensMisEnOeuvre>terrassement sur fuite</t:travauxEtMoyensMisEnOeuvre>"
        "</t:travauxEmplacementDureeDescription></t:ATU>"
    )


def french(*rows: str) -> str:
    return f"<t:dossierConsultation {FRENCH}>{''.join(rows)}</t:dossierConsultation>"


def written(folder: Path, told: object, name: str = "list.json") -> Path:
    """Write a list: text as it is, anything else as JSON."""
    path = folder / name
    path.write_text(told if isinstance(told, str) else json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return path
