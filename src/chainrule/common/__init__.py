"""What every part uses: errors, atomic files, text tables."""
