from __future__ import annotations
import importlib.util, pathlib, sys
from collections import defaultdict
import foundry_api
def test_rows(town):
    spec = importlib.util.spec_from_file_location("tm", pathlib.Path(__file__).with_name("test_matrix.py"))
    tm = importlib.util.module_from_spec(spec); sys.modules["tm"] = tm; spec.loader.exec_module(tm)
    out = []
    for op, ask in foundry_api.ASKS.items():
        by = defaultdict(list)
        for role in tm.ROLES:
            by[" ".join(ask(town, tm.asker(town, role), None))].append(role)
        out.append(f'  "{op}":')
        for answers, roles in by.items():
            out.append(f'    "{answers}": [{", ".join(roles)}]')
    pathlib.Path("/tmp/fdy_rows.yaml").write_text("\n".join(out) + "\n")
