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
# # Explorer l’enquête
#
# Ce carnet lit les résultats publiés de l’enquête : combien de structures ont répondu, à quelles
# questions elles se sont exprimées, et ce que l’on peut dire de leurs réponses. Il ne contient aucune
# réponse individuelle : il part du **dossier de publication**.
#
# Avant de commencer, construisez l’édition : `make annual-report`.

# %%
from IPython.display import display

from ess_observatory import Observatory

obs = Observatory.open()
print(obs)

# %% [markdown]
# ## Qui a répondu ?
#
# Les répondants ne sont pas un échantillon tiré au sort. Avant de lire un pourcentage, on regarde en
# quoi ils diffèrent de l’ensemble des établissements.

# %%
display(obs.table("participation"))

# %%
ecarts = obs.table("respondents_vs_frame").to_frame()
display(ecarts[["label", "frame_share", "respondents_share", "gap"]])

# %% [markdown]
# ## À quelles questions ?
#
# Le taux d’expression rapporte les réponses utilisables aux structures concernées. En dessous de
# dix réponses, seuls les effectifs sont publiés.

# %%
expression = obs.table("expression_rates").to_frame()
peu_renseignees = expression.dropna(subset=["rate"]).sort_values("rate").head(10)
display(peu_renseignees[["section", "label", "concerned", "expressed", "rate"]])

# %% [markdown]
# ## Lire une question
#
# Un tableau s’affiche avec sa base et sa lecture. Quand plusieurs réponses sont possibles, la somme
# des parts dépasse 100 %.

# %%
display(obs.table("strengths"))

# %%
display(obs.plot("strengths"))

# %% [markdown]
# ## Les réserves
#
# `obs.figures` donne toutes les cellules publiées, avec leur statut. On compte ici, tableau par
# tableau, les parts qui se lisent avec prudence (`U` : de 10 à 29 réponses) et celles qui ne sont pas
# données (`N` : moins de 10 réponses).

# %%
tout = obs.figures
parts = tout[tout["unit"] == "%"]
reserves = parts.groupby(["table_id", "obs_status"]).size().unstack(fill_value=0)
display(reserves.reindex(columns=["A", "U", "N"], fill_value=0))

# %% [markdown]
# ## Retrouver une question dans le questionnaire
#
# Le code d’une ligne commence par celui de la question. Le questionnaire est dans
# `pipelines/survey/questionnaire.yml`, et dans le paquet de données sous le nom
# `codebook_enquete.yml`.

# %%
forces = tout[tout["table_id"] == "strengths"]
display(forces[forces["column_code"] == "count"][["row_code", "row_label", "value", "base_n"]].head())
