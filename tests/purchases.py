"""The purchases of a real shop as two files for the import: who bought, and what."""

import gzip


def purchase_files(real_data, folder):
    packed = real_data / "cdnow_purchases" / "CDNOW_master.txt.gz"
    with gzip.open(packed, "rt") as lines:
        rows = [line.split() for line in list(lines)[1:]]
    customers, purchases = folder / "customers.csv", folder / "purchases.csv"
    buyers = sorted({row[0] for row in rows})
    customers.write_text("lms_lead_id\n" + "\n".join(buyers) + "\n")
    purchases.write_text(
        "lms_lead_id,name,occurred_at,amount,quantity\n"
        + "".join(
            f"{who},purchase,{day[:4]}-{day[4:6]}-{day[6:]},{amount},{count}\n"
            for who, day, count, amount in rows
        )
    )
    return customers, purchases
