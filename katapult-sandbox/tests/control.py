"""Controls a sandbox over HTTP, as a client in any language can. It needs Python's standard library only.

The sandbox runs with --control; KATAPULT_API_URL and KATAPULT_API_KEY are set as for any client.
"""

import json
import os
import unittest
import urllib.error
import urllib.request

URL = os.environ["KATAPULT_API_URL"]
TOKEN = os.environ["KATAPULT_API_KEY"]
MACHINE = "virtual_machine[fqdn]=web-1.acme.example"


def send(method, path, body=None, token=None):
    """Returns the status and the JSON body of a response."""
    request = urllib.request.Request(URL + path, method=method)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def api(method, path, body=None):
    return send(method, "/core/v1" + path, body, TOKEN)


def control(method, path, body=None):
    status, answer = send(method, "/sandbox/" + path, body)
    if status != 200:
        raise AssertionError(f"{method} {path}: {status} {answer}")
    return answer


class Control(unittest.TestCase):
    def setUp(self):
        control("POST", "reset")

    def create_tag(self, name):
        body = {"organization": {"sub_domain": "acme"}, "properties": {"name": name}}
        return api("POST", "/organizations/organization/tags", body)

    def test_health_needs_no_token(self):
        self.assertEqual(control("GET", "health")["status"], "ok")

    def test_reset_returns_to_the_initial_state(self):
        before = control("POST", "snapshot")["objects"]
        self.assertEqual(self.create_tag("python")[0], 200)
        self.assertNotEqual(control("POST", "snapshot")["objects"], before)
        control("POST", "reset")
        self.assertEqual(control("POST", "snapshot")["objects"], before)

    def test_restore_returns_to_a_snapshot(self):
        self.create_tag("kept")
        saved = control("POST", "snapshot")
        self.create_tag("lost")
        control("POST", "restore", {"snapshot": saved["snapshot"]})
        self.assertEqual(control("POST", "snapshot")["objects"], saved["objects"])
        status, answer = send("POST", "/sandbox/restore", {"snapshot": 999})
        self.assertEqual((status, answer["error"]["code"]), (404, "snapshot_not_found"))

    def test_fault_fires_and_is_listed(self):
        added = control("POST", "faults", {"faults": ["virtual_machines.get:unavailable#1"]})
        self.assertEqual(len(added["faults"]), 1)
        statuses = [api("GET", "/virtual_machines/virtual_machine?" + MACHINE)[0] for _ in range(2)]
        self.assertEqual(statuses, [503, 200])
        control("DELETE", "faults")
        self.assertEqual(control("GET", "faults")["faults"], [])
        status, _ = send("POST", "/sandbox/faults", {"faults": ["no_such.operation:504"]})
        self.assertEqual(status, 400)

    def test_clock_completes_tasks(self):
        machine = {"virtual_machine": {"fqdn": "web-1.acme.example"}}
        _, answer = api("POST", "/virtual_machines/virtual_machine/stop", machine)
        task = "/tasks/task?task[id]=" + answer["task"]["id"]
        before = control("GET", "clock")["milliseconds_since_1970"]
        after = control("POST", "clock", {"advance": "1min"})["milliseconds_since_1970"]
        self.assertGreaterEqual(after - before, 60_000)
        self.assertEqual(api("GET", task)[1]["task"]["status"], "completed")

    def test_journal_has_the_requests(self):
        api("GET", "/zones")
        control("GET", "clock")
        requests = control("GET", "journal")["requests"]
        self.assertEqual([request["operation"] for request in requests], ["zones.list"])
        self.assertEqual((requests[0]["method"], requests[0]["status"]), ("GET", 200))
        control("DELETE", "journal")
        self.assertEqual(control("GET", "journal")["requests"], [])


if __name__ == "__main__":
    unittest.main()
