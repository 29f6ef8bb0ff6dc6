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
# # Comparer deux éditions
#
# Ce carnet met deux publications côte à côte : ce qui a changé, ce qui est apparu, ce qui a disparu.
# Il fait ce que fait la commande `ess compare A B`, et permet d’aller plus loin.
#
# Avant de commencer, construisez l’édition : `make annual-report`.

# %%
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from IPython.display import display

from ess_observatory import Observatory
from ess_observatory.publish.comparison import compare
from ess_observatory.publish.snapshot import read_snapshot

obs = Observatory.open()
apres = obs.outputs.publication
print(obs)

# %% [markdown]
# ## Choisir l’édition d’avant
#
# Donnez le nom d’une édition construite, un dossier de publication ou un paquet :
# `avant = "mon-territoire-2025"`. Tant qu’il n’y en a qu’une, on en fabrique une **imaginaire** pour
# l’exemple, dans un dossier temporaire : les établissements de quelques tranches y sont changés et une
# ligne y manque. Ses chiffres ne veulent rien dire.

# %%
avant = None

if avant is None:
    avant = Path(tempfile.mkdtemp()) / "publication-imaginaire"
    shutil.copytree(apres, avant)
    chiffres = pq.read_table(avant / "figures.parquet")
    lignes = chiffres.to_pylist()
    for ligne in lignes:
        if ligne["table_id"] == "size_bands" and ligne["column_code"] == "count" and ligne["value"]:
            ligne["value"] = round(ligne["value"] * 0.9)
    lignes = [ligne for ligne in lignes if ligne["figure_id"] != "size_unknown"]
    pq.write_table(pa.Table.from_pylist(lignes, schema=chiffres.schema), avant / "figures.parquet")
    print("Édition d’avant : imaginaire, pour l’exemple")

# %% [markdown]
# ## Ce qui diffère

# %%
a, b = read_snapshot(avant), read_snapshot(apres)
changements = compare(a, b)
print(f"A : {a.edition}, version {a.version} ; B : {b.edition}, version {b.version}")
print(len(changements), "chiffres diffèrent")

tableau = pd.DataFrame([changement.as_dict() for changement in changements])
colonnes = ["table_number", "figure_id", "label", "kind", "value_a", "value_b", "difference"]
display(tableau[[*colonnes, "break_in_series"]].head(20) if len(tableau) else "Rien ne diffère.")

# %% [markdown]
# `break_in_series` dit pourquoi deux valeurs ne se comparent pas : autre source, autre unité, rupture
# déclarée. Il n’y a alors pas de différence calculée. Une cellule masquée n’a pas de valeur non plus :
# on ne soustrait jamais un secret.

# %% [markdown]
# ## Les plus grands écarts

# %%
if len(tableau):
    ecarts = tableau.dropna(subset=["difference"])
    ordre = ecarts["difference"].abs().sort_values(ascending=False).index
    display(ecarts.loc[ordre, colonnes].head(10))

# %% [markdown]
# ## Le tableau d’aujourd’hui
#
# Pour commenter un changement, on revient au tableau, à son champ et à sa base.

# %%
display(obs.table("size_bands"))

# %%
display(obs.plot("size_bands"))

# %% [markdown]
# ## Aller plus loin
#
# - `ess compare A B --json` donne la même chose à un programme.
# - `ess draft --previous A` écrit le commentaire du rapport et y signale ces changements.
# - `ess export --previous A` les inscrit dans le journal du paquet de données.
