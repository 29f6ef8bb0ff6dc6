"""Technical columns of the common survey tools (LimeSurvey, Framaforms, Google Forms, KoboToolbox and ODK, Sphinx, Decidim).

A codebook adds its own under `columns`; what it declares wins.
"""

from __future__ import annotations

#: role → headers. Within `submitted_on` and `submission_id`, the first header that is there is used.
COLUMNS: dict[str, tuple[str, ...]] = {
    "submission_id": (
        *(
            "ID de la réponse",
            "ID réponse",
            "Response ID",
            "Numéro de réponse",
            "Séquentiel",
            "Serial",
            "SID",
        ),
        *("_id", "id", "CLE"),
    ),
    "submitted_on": (
        *("Date de soumission", "Date submitted", "submitdate", "Date de réponse", "Horodateur", "Timestamp"),
        *("Heure de soumission", "Submitted Time", "Heure de fin", "Completed Time", "_submission_time"),
        *(
            "DATE_ENREG",
            "DATE_SAISIE",
            "Répondu le",
            "Créé le",
            "Created at",
            "Date de création",
            "created_at",
            "end",
        ),
    ),
    "version": ("Version du questionnaire",),
    "ignored": (
        *("Dernière page", "Last page", "lastpage", "Langue de départ", "Langue", "Start language"),
        *("startlanguage", "Tête de série", "Seed", "seed", "Date de lancement", "Date started", "startdate"),
        *(
            "Date de la dernière action",
            "Date last action",
            "datestamp",
            "Adresse IP",
            "IP address",
            "ipaddr",
        ),
        *("URL de référence", "Referrer URL", "refurl", "Code d'accès", "Token", "token"),
        *("Heure de modification", "Modified Time", "Brouillon", "Draft", "UID", "Nom d'utilisateur"),
        *("Username", "Adresse e-mail", "Email address", "Score", "start", "today", "deviceid", "username"),
        *(
            "simserial",
            "subscriberid",
            "phonenumber",
            "__version__",
            "_uuid",
            "uuid",
            "formhub/uuid",
            "_index",
        ),
        *("meta/instanceID", "instanceID", "meta/instanceName", "_xform_id_string", "_validation_status"),
        *("_notes", "_status", "_submitted_by", "_tags", "_attachments", "_geolocation", "_parent_index"),
        *("_parent_table_name", "DATE_MODIF", "TEMPS_SAISIE", "ORIGINE_SAISIE", "LANG_SAISIE"),
        *(
            "APPAREIL_SAISIE",
            "PROGRESSION",
            "DERNIERE_QUESTION_SAISIE",
            "TYPE_SAISIE",
            "IP_SAISIE",
            "NAVIGATEUR_SAISIE",
        ),
        *(
            "Hachage de l’IP",
            "Hash de l’IP",
            "Ip hash",
            "ip_hash",
            "Statut utilisateur",
            "Statut de l’utilisateur",
        ),
        *("User status", "user_status", "Identifiant utilisateur", "User identifier", "session_token"),
    ),
    "other_text": (
        *("Veuillez préciser", "Préciser", "Précisez", "Si autre, précisez", "Si autre, veuillez préciser"),
        *("Autre (précisez)", "Autre (préciser)", "Autre, précisez", "Please specify"),
    ),
}
