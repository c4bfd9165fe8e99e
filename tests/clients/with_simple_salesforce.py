import sys, traceback
from simple_salesforce import Salesforce, SalesforceResourceNotFound, SalesforceMalformedRequest, SalesforceMoreThanOneRecord
import simple_salesforce
url, token = sys.argv[1], sys.argv[2]
ok=bad=0
def step(name):
    def deco(f):
        global ok,bad
        try:
            r=f(); ok+=1; print("ok  ",name, "" if r is None else str(r)[:150])
        except Exception as e:
            bad+=1; print("FAIL",name,type(e).__name__,str(e)[:400])
    return deco
sf = Salesforce(instance_url=url, session_id=token, version="66.0")
# simple-salesforce speaks https by itself; for the loopback the scheme is set
print(sf.base_url)
for attr in ("base_url","apex_url","bulk_url","bulk2_url","metadata_url","tooling_url","oauth2_url"):
    if hasattr(sf,attr): setattr(sf,attr,getattr(sf,attr).replace("https://","http://"))
def obj(name):
    o=getattr(sf,name); o.base_url=o.base_url.replace("https://","http://"); return o
L=obj("Lead"); C=obj("Contact")
st={}
@step("describe global")
def _(): return len(sf.describe()["sobjects"])
@step("create")
def _(): st["id"]=L.create({"LastName":"Lee","Company":"Lee Ltd","Email":"Bo.Lee@x.test"})["id"]; return st["id"]
@step("get")
def _(): r=L.get(st["id"]); assert r["Email"]=="bo.lee@x.test",r["Email"]; return r["attributes"]
@step("get_by_custom_id")
def _():
    L.upsert("Ext__c/k1",{"LastName":"Key","Company":"K"}); return L.get_by_custom_id("Ext__c","k1")["LastName"]
@step("upsert again")
def _(): return L.upsert("Ext__c/k1",{"LastName":"Key2"})
@step("update")
def _(): return L.update(st["id"],{"FirstName":"Bo"})
@step("describe")
def _(): return len(L.describe()["fields"])
@step("metadata")
def _(): return list(L.metadata())
@step("describe_layout-less recentItems / deleted / updated")
def _():
    import datetime as d
    now=d.datetime.now(d.timezone.utc)
    return C.updated(now-d.timedelta(days=1),now), C.deleted(now-d.timedelta(days=1),now)
@step("query")
def _(): return sf.query("SELECT Id, Name, Account.Name FROM Contact WHERE Email = 'ana@acme.test'")["records"][0]["Account"]["Name"]
@step("query_all include_deleted")
def _(): return sf.query_all("SELECT Id FROM Lead",include_deleted=True)["totalSize"]
@step("query_all_iter")
def _(): return len(list(sf.query_all_iter("SELECT Id FROM Lead")))
@step("search")
def _(): return sf.search("FIND {Berg} IN ALL FIELDS RETURNING Contact(Id)")
@step("quick_search")
def _(): return sf.quick_search("Berg")
@step("limits")
def _(): return sf.limits()["DailyApiRequests"]
@step("api_usage")
def _(): return sf.api_usage
@step("not found is SalesforceResourceNotFound")
def _():
    try: L.get("00Q000000000000AAA")
    except SalesforceResourceNotFound as e: return e.content
    raise Exception("no error")
@step("malformed is SalesforceMalformedRequest")
def _():
    try: sf.query("SELECT Nope FROM Lead")
    except SalesforceMalformedRequest as e: return e.content
    raise Exception("no error")
@step("restful composite")
def _(): return sf.restful("composite", method="POST", json={"allOrNone":False,"compositeRequest":[{"method":"GET","url":"/services/data/v66.0/query/?q=SELECT+Id+FROM+Contact","referenceId":"q"}]})["compositeResponse"][0]["httpStatusCode"]
@step("bulk2 insert")
def _():
    b=sf.bulk2.Lead; 
    return b.insert(records=[{"LastName":f"B{i}","Company":"Bulk"} for i in range(5)])
@step("bulk2 query")
def _(): return [r[:60] for r in sf.bulk2.Lead.query("SELECT Id, LastName FROM Lead")]
@step("bulk2 upsert")
def _(): return sf.bulk2.Lead.upsert(records=[{"Ext__c":"k1","LastName":"K","Company":"B"}],external_id_field="Ext__c")
@step("bulk(1) insert")
def _(): return sf.bulk.Lead.insert([{"LastName":"B1","Company":"x"}])
@step("delete")
def _(): return L.delete(st["id"])
@step("toolingexecute")
def _(): return sf.toolingexecute("query/?q=SELECT+Id+FROM+ApexClass")
@step("versions, login-less userinfo")
def _(): return sf.session.get(url+"/services/data").json()[-1]["version"], sf.session.get(url+"/services/oauth2/userinfo",headers=sf.headers).json()["preferred_username"]
print(ok,"ok",bad,"failed")
