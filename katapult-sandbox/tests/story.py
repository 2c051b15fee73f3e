"""The quickstart's story, by Python's `requests`, which is told the sandbox's address and token by the environment."""

import os
import sys
import time

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry
except ImportError as missing:
    sys.exit(f"not there: {missing}")

retry = Retry(total=3, status_forcelist=[429, 503], allowed_methods=None, backoff_factor=0.1)
api = requests.Session()
api.mount("http://", HTTPAdapter(max_retries=retry))
api.headers["Authorization"] = "Bearer " + os.environ["KATAPULT_API_KEY"]
core = os.environ["KATAPULT_API_URL"] + "/core/v1"


def get(path, **query):
    reply = api.get(core + path, params=query)
    reply.raise_for_status()
    return reply.json()


names, page = [], 1
while True:
    acme = {"organization[sub_domain]": "acme", "page": page, "per_page": 2}
    reply = get("/organizations/organization/virtual_machines", **acme)
    names += [machine["name"] for machine in reply["virtual_machines"]]
    if page >= reply["pagination"]["total_pages"]:
        break
    page += 1
print("machines:", *names)

web = {"fqdn": "web-1.acme.example"}
by_name = {"virtual_machine[fqdn]": web["fqdn"]}
print("state:", get("/virtual_machines/virtual_machine", **by_name)["virtual_machine"]["state"])

reply = api.post(core + "/virtual_machines/virtual_machine/shutdown", json={"virtual_machine": web})
reply.raise_for_status()
task, seen = reply.json()["task"], []
while task["status"] not in ("completed", "failed"):
    seen.append(task["status"])
    time.sleep(0.05)
    task = get("/tasks/task", **{"task[id]": task["id"]})["task"]
print("task:", *dict.fromkeys(seen + [task["status"]]))
print("state:", get("/virtual_machines/virtual_machine", **by_name)["virtual_machine"]["state"])

reply = api.get(core + "/virtual_machines/virtual_machine", params={"virtual_machine[fqdn]": "nobody.acme.example"})
print("nobody:", reply.status_code, reply.json()["error"]["code"])
