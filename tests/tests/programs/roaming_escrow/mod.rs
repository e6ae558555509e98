mod stages;
