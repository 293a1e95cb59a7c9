"""Every line of the ledger is a charge with its price or an adjustment with its reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chatapp", "0003_price_book")]

    operations = [
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hold__isnull', False), ('kind', 'charge'), ('nanodollars__gte', 0), ('price__isnull', False)), models.Q(('hold__isnull', True), ('kind', 'adjustment'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='entry_is_a_charge_or_an_adjustment'),
        ),
    ]
