# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Prise en main
#
# Ce carnet ouvre une édition déjà construite, montre un tableau, remonte un chiffre jusqu’à ses
# fichiers et trace un graphique. Il ne lit que le **dossier de publication** : tout ce qu’il affiche
# est déjà protégé par le secret statistique.
#
# Avant de commencer, construisez l’édition : `make annual-report`.

# %%
import pandas as pd
from IPython.display import display

from ess_observatory import Observatory
from ess_observatory.errors import ObservatoryError

obs = Observatory.open()
print(obs)

# %% [markdown]
# Si plusieurs éditions sont construites, nommez celle que vous voulez :
# `Observatory.open("mon-territoire-2026")`. Une édition synthétique le dit ici, et partout.

# %%
print(obs.publication.manifest["banner"] or "Données réelles")

# %% [markdown]
# ## Les tableaux
#
# L’index donne le numéro, l’identifiant, le titre et la base de chaque tableau.

# %%
pd.set_option("display.max_colwidth", None)
display(obs.tables)

# %% [markdown]
# Un tableau s’appelle par son identifiant ou par son numéro. Il s’affiche comme dans le rapport, avec
# sa lecture, son champ et sa source.

# %%
display(obs.table("size_bands"))

# %% [markdown]
# Pour calculer, prenez le tableau de données. Chaque nombre a une colonne `_sign` : vide quand la
# valeur est publiée, sinon `s` (secret), `nd` (non disponible), `///` (sans objet) ou `ns` (non
# significatif).

# %%
tailles = obs.table("size_bands").to_frame()
display(tailles[["label", "count", "share", "share_sign"]])

# %% [markdown]
# ## D’où vient ce chiffre ?
#
# `explain()` donne le numérateur, le dénominateur, les réserves et les fichiers.

# %%
part = obs.figure("share_jobs")
print(part.explain())

# %% [markdown]
# `part.value` est le nombre exact, `part.formatted` ce que le rapport imprime.

# %%
print(part.value, part.formatted)

# %% [markdown]
# ## Ce qui est secret le reste
#
# Une cellule masquée n’a pas de valeur. Dans un calcul, `number` s’arrête au lieu de la compter pour
# zéro.

# %%
masques = obs.figures.query("conf_status == 'C'")
print(len(masques), "cellules masquées sur", len(obs.figures))

for identifiant in masques["figure_id"].head(1):
    try:
        print(obs.figure(identifiant).number)
    except ObservatoryError as erreur:
        print(erreur)

# %% [markdown]
# ## Tracer
#
# Le graphique reprend le choix du rapport ; une cellule masquée y garde son signe.

# %%
display(obs.plot("size_bands"))

# %%
display(obs.plot("communes"))

# %% [markdown]
# `obs.plot("size_bands").save("tailles.svg")` enregistre l’image.
#
# ## Aller plus loin
#
# La base complète est **confidentielle** : ses cellules ne sont pas protégées. On ne l’ouvre que pour
# vérifier, chez soi, et l’on ne diffuse pas ce qu’elle montre.
#
# ```python
# prive = Observatory.open(confidential=True)
# prive.sql("select rule_id, count(*) as etablissements from core.establishment group by rule_id")
# ```
