"""The example of the README with Python's requests. URL and token come from the environment."""

import os
import sys
import time

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry
except ImportError as missing:
    sys.exit(f"missing module: {missing}")

retry = Retry(total=3, status_forcelist=[429, 503], allowed_methods=None, backoff_factor=0.1)
api = requests.Session()
api.mount("http://", HTTPAdapter(max_retries=retry))
api.headers["Authorization"] = "Bearer " + os.environ["KATAPULT_API_KEY"]
core = os.environ["KATAPULT_API_URL"] + "/core/v1"


def get(path, **query):
    response = api.get(core + path, params=query)
    response.raise_for_status()
    return response.json()


names, page = [], 1
while True:
    acme = {"organization[sub_domain]": "acme", "page": page, "per_page": 2}
    response = get("/organizations/organization/virtual_machines", **acme)
    names += [machine["name"] for machine in response["virtual_machines"]]
    if page >= response["pagination"]["total_pages"]:
        break
    page += 1
print("machines:", *names)

web = {"fqdn": "web-1.acme.example"}
by_name = {"virtual_machine[fqdn]": web["fqdn"]}
print("state:", get("/virtual_machines/virtual_machine", **by_name)["virtual_machine"]["state"])

response = api.post(core + "/virtual_machines/virtual_machine/shutdown", json={"virtual_machine": web})
response.raise_for_status()
task, states = response.json()["task"], []
while task["status"] not in ("completed", "failed"):
    states.append(task["status"])
    time.sleep(0.05)
    task = get("/tasks/task", **{"task[id]": task["id"]})["task"]
print("task:", *dict.fromkeys(states + [task["status"]]))
print("state:", get("/virtual_machines/virtual_machine", **by_name)["virtual_machine"]["state"])

response = api.get(core + "/virtual_machines/virtual_machine", params={"virtual_machine[fqdn]": "nobody.acme.example"})
print("nobody:", response.status_code, response.json()["error"]["code"])
