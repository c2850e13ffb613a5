print(json.dumps({"account": ACCOUNT, "region": REGION, "violating": violating, "clean": clean, "skipped": skipped,
                  "canaries": planted}, indent=2))
