"""Who may sign, and when: keys, envelopes, the register of officials, authority."""
